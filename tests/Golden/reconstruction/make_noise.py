"""Noise of filtered back projections, from the matrix of scikit-image's iradon: one column for each cell of the sinogram.

Run with numpy and scikit-image (1.24.2 and 0.19.3 made the files). A slice is linear in its sinogram, so its variance is the sum over
the cells of (what a 1 in that cell gives the pixel)^2 times the variance of the cell. Where cells were not measured, numpy's interp bridges
them before, and the matrix is taken behind the bridge.
"""
import pathlib

import numpy as np
from skimage.transform import iradon

here = pathlib.Path(__file__).parent
N, ROTATIONS = 21, 14
angles = np.arange(ROTATIONS) * 180 / ROTATIONS
random = np.random.default_rng(21)
variance = random.uniform(0.5, 3, (ROTATIONS, N))
holes = variance.copy()
holes[3, 5] = holes[3, 6] = holes[6, :2] = holes[9, -1] = holes[11, 8] = holes[11, 10] = np.nan


def sigma(variance, filter_name):
    total = np.zeros((N, N))
    for k in range(ROTATIONS):
        there = np.flatnonzero(np.isfinite(variance[k]))
        for j in there:
            unit = np.zeros(N)
            unit[j] = 1
            sinogram = np.zeros((N, ROTATIONS))
            sinogram[:, k] = np.interp(np.arange(N), there, unit[there])
            total += iradon(sinogram, theta=angles, filter_name=filter_name, interpolation="linear", circle=True) ** 2 * variance[k, j]
    return np.sqrt(total)


out = {"variance": variance, "holes": holes}
for name in ("ramp", "shepp-logan", "hann"):
    out[f"sigma_{name}"] = sigma(variance, name)
out["sigma_holes"] = sigma(holes, "shepp-logan")
np.savez_compressed(here / "noise_21x14.npz", **out)
