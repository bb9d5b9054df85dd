#!/usr/bin/env python3
"""Corrected sinograms by numpy alone: the formulas of docs/corrections.md written down a second time, array by array.

A disc off centre with a dense grain, in air; 23 translations, 20 rotations, 12 bins; a dead and a hot line, an unmeasured cell, one without
transmission, one of a large crystallite, and one translation without the last bin.
  python3 make_corrections.py   writes corrections.npz: the raw arrays, and per case corrected, variance and flags
"""
import numpy

T, R, B = 23, 20, 12
random = numpy.random.default_rng(20261123)

# The raw sinogram, [rotation, translation, bin]: beam * transmission * (sample + air), Poisson.
angle = numpy.arange(R)[:, None] * numpy.pi / R
t = numpy.arange(T)[None, :] - T // 2
depth = numpy.sqrt(numpy.maximum(0, 6.5 ** 2 - (2.2 * numpy.cos(angle) - 1.1 * numpy.sin(angle) - t) ** 2))
grain = numpy.sqrt(numpy.maximum(0, 2.1 ** 2 - (4.5 * numpy.cos(angle) + 2.0 * numpy.sin(angle) - t) ** 2))
transmission = numpy.exp(-0.02 * (depth + grain)).astype("f4")
bins = numpy.arange(B)
powder = 40 + 60 * numpy.exp(-((bins - 4) / 1.5) ** 2)
crystal = 300 * numpy.exp(-((bins - 8) / 0.8) ** 2)
air = 90 * numpy.exp(-bins / 5.0)
# Decay by a fifth, topped up twice; a line every rotation, in order of rotation.
beam = 0.8 ** ((numpy.arange(R) % 8) / 8.0)
signal = depth[:, :, None] * powder + grain[:, :, None] * crystal + air
pixels = 400.0
expected = beam[:, None, None] * transmission[:, :, None] * signal
raw = (random.poisson(expected * pixels) / pixels).astype("f4")
variance = (numpy.maximum(raw, 1 / pixels) / pixels).astype("f4")
spottiness = (0.5 + 0.01 * random.standard_normal((R, T))).astype("f4")
spottiness[6, 11] = 9
spottiness[15, 1] = 9  # beside the sample: none of its crystallites
raw[5, 3] = variance[5, 3] = numpy.nan
transmission[5, 3] = spottiness[5, 3] = numpy.nan
raw[9] *= 0.4
variance[9] *= 0.16
spottiness[9] *= 0.4
raw[10] *= 1.3
variance[10] *= 1.69
spottiness[10] *= 1.3
transmission[2, 7] = 0
raw[:, 0, 11] = variance[:, 0, 11] = numpy.nan

UNMEASURED, NO_MONITOR, AIR, DEAD, HOT, SPOTTY, NO_TRANSMISSION, INTERPOLATED = (1 << k for k in range(8))


def middle(values):
    values = numpy.sort(values[numpy.isfinite(values)])
    return values[int(numpy.round(0.5 * (len(values) - 1)))]


def median_and_sigma(values):
    m = middle(values)
    return m, 1.4826 * middle(abs(values - m))


def find_air(total):
    """Cells outside the sample: from both ends of each projection up to a twentieth of the contrast above their median."""
    ends = numpy.concatenate([total[:, 0], total[:, -1]])
    level, spread = median_and_sigma(ends)
    finite = numpy.sort(total[numpy.isfinite(total)])
    contrast = finite[int(numpy.round(0.95 * (len(finite) - 1)))] - level
    if not (contrast > 0 and spread <= 0.05 * contrast):
        return None
    mask = numpy.zeros(total.shape, bool)
    for r in range(R):
        above = numpy.flatnonzero(total[r] > level + 0.05 * contrast)
        left, right = (above[0], above[-1] + 1) if len(above) else (T, T)
        k = numpy.arange(T)
        mask[r] = ((k < left - 1) | (k >= right + 1)) & ~numpy.isnan(total[r])
    # Air is flat: its inner half is no higher than its outer half.
    rises = []
    for r in range(R):
        for row, m in ((total[r], mask[r]), (total[r, ::-1], mask[r, ::-1])):
            n = numpy.argmin(m)
            if n >= 2:
                rises.append(row[n // 2:n].mean() - row[:n // 2].mean())
    if not middle(numpy.array(rises)) <= 0.01 * contrast:
        return None
    return mask


def find_lines(total):
    """Lines farther than a tenth outside the range of the two on either side, the worst first."""
    return out_of_range(numpy.array([numpy.nanmean(row) if 2 * numpy.isfinite(row).sum() > T else numpy.nan for row in total]))[1:]


def out_of_range(means):
    means = means.copy()
    dead, hot = [], []
    while True:
        worst, at, is_hot = numpy.log(1.1), None, False
        for s in range(R):
            beside = [means[k] for k in range(s - 2, s + 3) if k != s and 0 <= k < R and not numpy.isnan(means[k])]
            if numpy.isnan(means[s]) or len(beside) < 3:
                continue
            above, below = numpy.log(means[s] / max(beside)), numpy.log(min(beside) / means[s])
            if max(above, below) > worst:
                worst, at, is_hot = max(above, below), s, above > below
        if at is None:
            return dead + hot, dead, hot
        means[at] = numpy.nan
        (hot if is_hot else dead).append(at)


def correct(beam_method, interpolate, use_transmission=True, take_air=True):
    flags = numpy.where(numpy.isnan(raw).all(axis=2), UNMEASURED, 0)
    factor = numpy.ones((R, T))
    if use_transmission:
        good = (transmission >= 1e-3) & (transmission <= 1.5)
        factor[good] = 1 / transmission[good]
        flags[~good & (flags == 0)] |= NO_TRANSMISSION
    sums = numpy.where(flags == UNMEASURED, numpy.nan, numpy.nansum(raw.astype("f8"), axis=2))
    total = sums * factor
    beam_factor = numpy.ones(R)
    if beam_method != "none":
        mask = find_air(total)
        if beam_method == "air":
            outside = mask.sum(axis=0) >= 0.9 * numpy.isfinite(total).sum(axis=0)
            level = numpy.array([row[outside].mean() if numpy.isfinite(row[outside]).all() else numpy.nan for row in total])
        else:
            level = numpy.full(R, numpy.nan)
            for r in range(R):
                hole = numpy.isnan(total[r])
                if hole.sum() <= 0.1 * T:
                    assert mask[r, 0] and mask[r, -1]
                    row = total[r].copy()
                    row[hole] = numpy.interp(numpy.flatnonzero(hole), numpy.flatnonzero(~hole), row[~hole])
                    level[r] = row.sum()
        # A level that stands out of those before and after it in time is no beam, nor is a tenth of the usual one.
        level[level < 0.1 * middle(level)] = numpy.nan
        level[out_of_range(level)[0]] = numpy.nan
        level = level / numpy.nanmean(level)
        known = numpy.isfinite(level)
        beam_factor = 1 / numpy.interp(numpy.arange(R), numpy.flatnonzero(known), level[known])
    factor = factor * beam_factor[:, None]
    total = sums * factor
    dead, hot = find_lines(total)
    flags[dead] |= DEAD
    flags[hot] |= HOT
    judged = total.copy()
    judged[dead + hot] = numpy.nan
    mask = find_air(judged)
    flags[mask] |= AIR
    in_sample = numpy.where(mask | ((flags & (DEAD | HOT)) > 0), numpy.nan, spottiness * factor)
    m, s = median_and_sigma(in_sample)
    with numpy.errstate(invalid="ignore"):
        flags[in_sample > m + 8 * s] |= SPOTTY

    scaled, scaled_variance = raw * factor[:, :, None], variance * factor[:, :, None] ** 2
    corrected, errors = scaled.copy(), scaled_variance.copy()
    if interpolate:
        good = [r for r in range(R) if r not in dead + hot]
        for r in dead + hot:
            lower, upper = max([g for g in good if g < r]), min([g for g in good if g > r])
            share = (r - lower) / (upper - lower)
            for k in range(T):
                if flags[r, k] & UNMEASURED:
                    continue
                parts = [(lower, 1 - share), (upper, share)]
                parts = [p for p in parts if not flags[p[0], k] & UNMEASURED]
                parts = parts if len(parts) == 2 else [(parts[0][0], 1.0)]
                corrected[r, k] = sum(w * scaled[q, k] for q, w in parts)
                errors[r, k] = sum(w * w * scaled_variance[q, k] for q, w in parts)
                flags[r, k] |= INTERPOLATED
    if take_air:
        for b in range(B):
            v, e = scaled[:, :, b][mask], scaled_variance[:, :, b][mask]
            m, s = median_and_sigma(v)
            inside = abs(v - m) <= 5 * s
            corrected[:, :, b] -= v[inside].mean()
            errors[:, :, b] += e[inside].sum() / inside.sum() ** 2
    return corrected.astype("f4"), errors.astype("f4"), flags.astype("u1")


arrays = {"raw": raw, "variance": variance, "transmission": transmission, "spottiness": spottiness}
for name, arguments in {
    "none": ("none", False, False, False),
    "plain": ("none", False),
    "interpolate": ("none", True),
    "air": ("air", False),
    "total": ("constant-total", False),
}.items():
    for part, values in zip(("corrected", "variance", "flags"), correct(*arguments)):
        arrays[f"{name}_{part}"] = values
numpy.savez_compressed("corrections.npz", **arrays)
