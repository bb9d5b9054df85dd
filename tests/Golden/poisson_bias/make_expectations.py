"""Mean and variance of the pixel trimmed mean of Poisson counts, by simulation (numpy; nothing but its definition goes in).

Pixel i of a bin has normalisation n_i and share s_i, and counts k_i ~ Poisson(rate * n_i / mean(n)). Pixels are sorted by k_i / n_i; with
w_i = s_i * n_i and C the cumulated w, "pixel" keeps those whose [C(i-1), C(i)] lies inside [lower, 1 - upper] of the total or encloses it,
"exact" keeps of each the share that lies inside. The result is sum(s_i k_i) / sum(w_i) of what is kept, times mean(n).

pixels.npy    rows: case, n_i, s_i
expected.npy  rows: case, lower, upper, 1 for pixel / 0 for exact, rate, mean, its standard error, variance of one frame
"""
import os
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
RNG = np.random.default_rng(20240611)
RATES = (0.3, 0.5, 0.7, 1, 2, 5, 20)
DRAWS = 10_000_000


def ring(bin_index):
    """normalisations of a bin of the tilted 120 x 160 detector (../integration/case.md): solid angle times polarisation 0.95"""
    rows, columns = np.mgrid[:120, :160] + 0.5
    p = np.array([rows * 1e-4 - 0.0071, columns * 1.2e-4 - 0.0083, np.full(rows.shape, 0.08)])
    (s1, s2, s3), (c1, c2, c3) = np.sin([0.2, -0.15, 0.3]), np.cos([0.2, -0.15, 0.3])
    r1 = np.array([[1, 0, 0], [0, c1, s1], [0, -s1, c1]])
    r2 = np.array([[c2, 0, -s2], [0, 1, 0], [s2, 0, c2]])
    r3 = np.array([[c3, -s3, 0], [s3, c3, 0], [0, 0, 1]])
    t = np.einsum("ij,jrc->irc", r3 @ r2 @ r1, p)
    tth, chi = np.arctan2(np.hypot(t[0], t[1]), t[2]), np.arctan2(t[0], t[1])
    cos2 = np.cos(tth) ** 2
    norm = (0.08 / np.sqrt((p ** 2).sum(0))) ** 3 * 0.5 * (1 + cos2 - 0.95 * np.cos(2 * chi) * (1 - cos2))
    x = np.sin(tth / 2)
    bins = np.floor((x - x.min()) / (x.max() * (1 + 2 ** -23) - x.min()) * 150).astype(int)
    return norm[bins == bin_index]


def simulate(norm, share, lower, upper, pixel, rate):
    norm = norm / (norm * share).sum() * share.sum()
    weight = norm * share
    lo, hi = np.round([lower * weight.sum(), (1 - upper) * weight.sum()], 9)
    frames = DRAWS // len(norm)
    results = []
    for chunk in np.array_split(np.empty(frames), max(1, frames * len(norm) // 2_000_000)):
        counts = RNG.poisson(rate * norm, (len(chunk), len(norm)))
        order = np.argsort(counts * (1 / norm), axis=1, kind="stable")
        counts, w, s = np.take_along_axis(counts, order, 1), weight[order], share[order]
        after = np.cumsum(w, 1).round(9)   # a sum in another order differs in the last digits: a cut between two pixels stays one
        before = np.concatenate([np.zeros((len(chunk), 1)), after[:, :-1]], 1)
        inside = np.clip(np.minimum(after, hi) - np.maximum(before, lo), 0, None) / w
        kept = ((before >= lo) & (after <= hi)) | ((before <= lo) & (after >= hi)) if pixel else inside
        results.append((kept * s * counts).sum(1) / (kept * w).sum(1))
    r = np.concatenate(results)
    return r.mean(), r.std() / np.sqrt(len(r)), r.var()


CASES = [
    np.ones(50), np.ones(53), np.ones(200), np.ones(1003),
    ring(75), ring(110), 0.9 * np.linspace(0.85, 1.15, 203),
    0.95 + 0.03 * np.cos(np.linspace(0, 2 * np.pi, 1200, endpoint=False)),
    np.linspace(0.97, 1.02, 400),
]
SHARES = [np.ones(len(n)) for n in CASES]
SHARES[-1] = RNG.uniform(0.02, 1, 400)
pixels = np.concatenate([np.array([np.full(len(n), c), n, s]) for c, (n, s) in enumerate(zip(CASES, SHARES))], 1)
rows = []
for c, (n, s) in enumerate(zip(CASES, SHARES)):
    for lower, upper, pixel in ((0.1, 0.1, 1), (0.05, 0.25, 1), (0.1, 0.1, 0), (0.5, 0.5, 1)):
        for rate in RATES:
            if (lower, rate) != (0.05, 0.3) and (lower < 0.5 or rate > 1):   # (next to) nothing is left there
                rows.append((c, lower, upper, pixel, rate) + simulate(n, s, lower, upper, pixel, rate))
                print(*["%.5g" % v for v in rows[-1]], flush=True)
np.save(os.path.join(HERE, "pixels.npy"), pixels.astype("<f4"))
np.save(os.path.join(HERE, "expected.npy"), np.array(rows, "<f8"))
