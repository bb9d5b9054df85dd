"""Means over discs, signals of strips and distances to the air of a made-up map, with numpy and scipy alone; see case.md."""
import pathlib

import numpy as np
from scipy import integrate, ndimage

here = pathlib.Path(__file__).parent
SIZE = 41
random = np.random.default_rng(41)
y, x = np.mgrid[:SIZE, :SIZE] - SIZE // 2
disc = (np.hypot(x - 2, y + 1) < 15.3) & ~(np.hypot(x + 6, y - 3) < 3.4) & ~((np.abs(y) < 1.2) & (x > 10))
map_ = np.where(disc, random.uniform(0.5, 2, disc.shape), 0) + random.normal(0, 0.1, disc.shape)
map_[7, 9] = map_[30, 12] = np.nan
map_ = map_.astype(np.float32)
known = np.nan_to_num(map_).astype(float)


def share(px, py, radius):
    """Area of the unit square around (px, py) inside the circle, by quadrature of its height."""

    def height(u):
        half = np.sqrt(max(0.0, radius * radius - u * u))
        return max(0.0, min(py + 0.5, half) - max(py - 0.5, -half))

    # Where the height has a kink: the circle passes a corner or an edge.
    kinks = [s * np.sqrt(radius**2 - v**2) for v in (py - 0.5, py + 0.5) if abs(v) < radius for s in (-1, 1)] + [-radius, radius]
    points = sorted({px - 0.5, px + 0.5, *(k for k in kinks if px - 0.5 < k < px + 0.5)})
    return sum(integrate.quad(height, a, b, epsabs=1e-12, epsrel=1e-12)[0] for a, b in zip(points, points[1:]))


out = {"map": map_, "material": disc.astype(np.float32)}
for radius in (0.4, 1.0, 3.0, 7.35, 12.55, 30.0):
    reach = int(radius + 1)
    kernel = np.array([[share(abs(i), abs(j), radius) for i in range(-reach, reach + 1)] for j in range(-reach, reach + 1)])
    assert abs(kernel.sum() - np.pi * radius**2) < 1e-8 * radius**2
    padded = np.pad(known, reach)
    out[f"mean_{radius}"] = ndimage.convolve(padded, kernel, mode="constant")[reach:-reach, reach:-reach] / (np.pi * radius**2)

# A point r from the centre of a field of view of radius R is seen at 2/pi asin(R/r) of the angles.
R = 7.35
strips = np.zeros((SIZE, SIZE))
for j in range(SIZE):
    for i in range(SIZE):
        r = np.hypot(np.arange(SIZE)[None, :] - i, np.arange(SIZE)[:, None] - j)
        strips[j, i] = (known * np.where(r <= R, 1, 2 / np.pi * np.arcsin(np.minimum(1, R / np.maximum(r, 1e-9))))).sum()
out["strips_7.35"] = strips

framed = np.pad(disc, 1)
labels, _ = ndimage.label(~framed)
air = labels == labels[0, 0]
out["distance"] = np.maximum(0, ndimage.distance_transform_edt(~air) - 0.5)[1:-1, 1:-1]
np.savez_compressed(here / "discs_41.npz", **out)
