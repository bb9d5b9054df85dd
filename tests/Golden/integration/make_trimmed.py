"""Strict pixel trimmed mean of the small golden frames, straight from its definition, with numpy in float64.

    python3 make_trimmed.py        # writes trimmed_strict_150.npy beside itself

Rows of the result: for image.npy, then image_weak.npy: sum of signal, sum of normalisation, pixels kept, all per bin.
Rule (pyFAI >= 2025, medfilt1d_ng, Cython and OpenCL engines): pixels of a bin ordered by signal/normalisation, C the
cumulated normalisation, T its total; kept where C[i-1] >= 0.1 T and C[i] <= 0.9 T, or C[i-1] <= 0.1 T and C[i] >= 0.9 T.
Geometry: the small detector of gen_golden.py (small_v2.poni), solid angle and polarisation 0.95, unit q (nm^-1), 150 bins.
"""
import math
import os

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
PIX1, PIX2, L, PONI1, PONI2 = 1e-4, 1.2e-4, 0.08, 0.0071, 0.0083
ROT1, ROT2, ROT3, WL, BINS, POL = 0.2, -0.15, 0.3, 2.48e-11, 150, 0.95


def geometry(shape):
    r, c = np.mgrid[: shape[0], : shape[1]] + 0.5
    p = np.stack([r * PIX1 - PONI1, c * PIX2 - PONI2, np.full(shape, L)])
    c1, s1, c2, s2, c3, s3 = (f(a) for a in (ROT1, ROT2, ROT3) for f in (math.cos, math.sin))
    r1 = np.array([[1, 0, 0], [0, c1, s1], [0, -s1, c1]])
    r2 = np.array([[c2, 0, -s2], [0, 1, 0], [s2, 0, c2]])
    r3 = np.array([[c3, -s3, 0], [s3, c3, 0], [0, 0, 1]])
    t1, t2, t3 = np.tensordot(r3 @ r2 @ r1, p, 1)
    tth, chi = np.arctan2(np.hypot(t1, t2), t3), np.arctan2(t1, t2)
    q = 4e-9 * math.pi / WL * np.sin(tth / 2)
    solid = (L / np.sqrt((p ** 2).sum(0))) ** 3
    pol = 0.5 * (1 + np.cos(tth) ** 2 - POL * np.cos(2 * chi) * (1 - np.cos(tth) ** 2))
    return q, solid * pol


def bins(q, mask):
    lo, hi = q[~mask].min(), q[~mask].max() * (1 + 2.0 ** -23)
    b = np.floor((q - lo) / ((hi - lo) / BINS)).astype(int)
    b[mask] = -1
    return b


def trimmed(image, norm, b):
    out = np.zeros((3, BINS))
    for k in range(BINS):
        sel = b == k
        s, n = image[sel].astype(float), norm[sel]
        order = np.argsort(s / n, kind="stable")
        s, n = s[order], n[order]
        after = np.cumsum(n)
        before = np.concatenate([[0.0], after[:-1]])
        lo, hi = 0.1 * after[-1], 0.9 * after[-1]
        keep = ((before >= lo) & (after <= hi)) | ((before <= lo) & (after >= hi))
        out[:, k] = s[keep].sum(), n[keep].sum(), keep.sum()
    return out


if __name__ == "__main__":
    mask = np.load(os.path.join(HERE, "mask.npy")).astype(bool)
    q, norm = geometry(mask.shape)
    b = bins(q, mask)
    rows = []
    for name in ("image.npy", "image_weak.npy"):
        frame = np.load(os.path.join(HERE, name))
        assert (frame[~mask] >= 0).all()
        rows.append(trimmed(frame, norm, b))
    np.save(os.path.join(HERE, "trimmed_strict_150.npy"), np.concatenate(rows))
