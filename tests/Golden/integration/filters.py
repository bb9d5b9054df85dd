"""Every filter from its definition in numpy, as a witness for tests; the matrix that shares the pixels is given.

usage: filters.py FOLDER

Reads FOLDER/{start,pixel}.i4, {share,norm}.f8, {dark}.f4, image.i4 and, for each filter, writes FOLDER/NAME.f8: signal, normalisation, variance,
normalisation squared and count of every bin. Fractions are 10 % off the low end and 25 % off the high end; clipping is at 4 sigma, 5 rounds.
"""
import os
import sys

import numpy

folder = sys.argv[1]


def read(name, kind):
    return numpy.fromfile(os.path.join(folder, name), kind)


start, pixel = read("start.i4", "<i4"), read("pixel.i4", "<i4")
share, norm, dark, image = read("share.f8", "<f8"), read("norm.f8", "<f8"), read("dark.f4", "<f4"), read("image.i4", "<i4")


def sums(c, signal, w, variance):
    """c: share, w: normalisation, of the kept pixels."""
    return (c * signal).sum(), (c * w).sum(), variance, ((c * w) ** 2).sum(), len(c)


def poisson(c, counts, d):
    return (c ** 2 * (numpy.maximum(counts, 1) + numpy.maximum(d, 0))).sum()


def azimuthal(c, signal, w):
    mean = (c * signal).sum() / (c * w).sum()
    return (c * w * (signal / w - mean) ** 2).sum()


def cut(low, high, whole):
    def run(c, counts, d, w):
        signal = counts - d.astype(float)
        # Products in float32, as keys are, so that equal pixels are equal here too.
        order = numpy.argsort((counts.astype("f4") - d) * (1 / w).astype("f4"), kind="stable")
        end = numpy.cumsum((c * w)[order])
        begin = end - (c * w)[order]
        least, most = low * end[-1], high * end[-1]
        kept = ((begin >= least) & (end <= most)) | ((begin <= least) & (end >= most))
        part = numpy.clip(numpy.minimum(end, most) - numpy.maximum(begin, least), 0, None) / (end - begin)
        if whole and kept.any():
            part = kept.astype(float)
        chosen, part = order[part > 0], part[part > 0]
        c = c[chosen] * part
        return sums(c, signal[chosen], w[chosen], poisson(c, counts[chosen], d[chosen]))
    return run


def clip(clipping, reported):
    def variance(model, c, counts, d, w):
        return poisson(c, counts, d) if model == "poisson" else azimuthal(c, counts - d.astype(float), w)

    def run(c, counts, d, w):
        for _ in range(5):
            signal = counts - d.astype(float)
            total = (c * w).sum()
            width = max(4.0, numpy.sqrt(2 * numpy.log(max(c.sum(), 3) / numpy.sqrt(2 * numpy.pi)))) * numpy.sqrt(variance(clipping, c, counts, d, w) / total)
            kept = abs(signal / w - (c * signal).sum() / total) <= width * (1 + 1e-6) + 1e-6
            if kept.all():
                break
            c, counts, d, w = c[kept], counts[kept], d[kept], w[kept]
        return sums(c, counts - d.astype(float), w, variance(reported, c, counts, d, w))
    return run


filters = {
    "mean": lambda c, counts, d, w: sums(c, counts - d.astype(float), w, poisson(c, counts, d)),
    "mean azimuthal": lambda c, counts, d, w: sums(c, counts - d.astype(float), w, azimuthal(c, counts - d.astype(float), w)),
    "pixel": cut(0.1, 0.75, True),
    "exact": cut(0.1, 0.75, False),
    "median": cut(0.5, 0.5, True),
    "clip poisson": clip("poisson", "poisson"),
    "clip azimuthal": clip("azimuthal", "azimuthal"),
    "clip hybrid": clip("azimuthal", "poisson"),
}
for name, run in filters.items():
    rows = []
    for low, high in zip(start[:-1], start[1:]):
        entries = numpy.arange(low, high)
        counts = image[pixel[entries]]
        entries = entries[(counts >= 0) & (counts != 6)]
        p = pixel[entries]
        rows.append(run(share[entries], image[p], dark[p], norm[p]) if len(entries) else (0, 0, 0, 0, 0))
    numpy.array(rows, "<f8").T.tofile(os.path.join(folder, f"{name}.f8"))
