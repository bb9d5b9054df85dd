"""
A truncated scan completed by a coarse one, the long way: both on one long grid, filtered and back-projected there, the middle cut out.
Needs numpy and scikit-image (1.24.2 and 0.19.3 made the files). Writes into its own folder.
"""
import pathlib

import numpy as np
from skimage.transform import iradon

here = pathlib.Path(__file__).parent
rng = np.random.default_rng(20)

N, STEP, M = 41, 1.0, 40  # ROI scan: samples, um, angles over 180 deg
NC, STEPC, MC = 27, 6.0, 33  # coarse scan, other angles
X0, Y0, DELTA, SCALE, CENTRE, CENTRE_C = 17.5, -11.25, np.deg2rad(1.7), 0.85, 1, 0.3

# Any numbers will do, the completion is linear; but a sinogram that ends in air tells where something is cut off.
discs = [(0, 0, 60, 1.0), (25, -10, 9, 3.0), (-30, 20, 14, 2.0), (15, -15, 4, 5.0), (10, 40, 6, 4.0)]


def project(angle, t):
    value = np.zeros_like(t)
    for x, y, r, density in discs:
        u = t - (x * np.cos(angle) - y * np.sin(angle))
        value += density * 2 * np.sqrt(np.maximum(r * r - u * u, 0))
    return value


def coarse_angles(full):
    return np.arange(MC) * (2 * np.pi if full else np.pi) / MC


def coarse_at(sinogram, angles, phi, t):
    """Linear between the two neighbouring angles, those seen from behind (angle + pi, -t) among them; linear in t, 0 beyond."""
    positions = (np.arange(NC) - NC // 2 - CENTRE_C) * STEPC
    padded = np.concatenate(([positions[0] - STEPC], positions, [positions[-1] + STEPC]))

    def view(i, sign):
        return np.interp(sign * t, padded, np.concatenate(([0], sinogram[i], [0])), left=0, right=0)

    views = sorted([(a % (2 * np.pi), i, 1) for i, a in enumerate(angles)] + [((a + np.pi) % (2 * np.pi), i, -1) for i, a in enumerate(angles)])
    at = np.array([v[0] for v in views])
    phi = phi % (2 * np.pi)
    above = np.searchsorted(at, phi, side="right")
    lower, upper = views[above - 1], views[above % len(views)]
    gap = (upper[0] - lower[0]) % (2 * np.pi)
    share = ((phi - lower[0]) % (2 * np.pi)) / gap
    return (1 - share) * view(*lower[1:]) + share * view(*upper[1:])


half = N // 2
grid = (np.arange(N) - half - CENTRE) * STEP
theta = np.arange(M) * np.pi / M
roi = np.array([
    SCALE * project(a + DELTA, grid + X0 * np.cos(a + DELTA) - Y0 * np.sin(a + DELTA)) + rng.normal(0, 1, N) for a in theta
])
np.save(here / "roi_41x40.npy", roi.astype("<f4"))
roi = roi.astype("<f4").astype(float)

# The long grid, the rotation axis on its middle sample; long enough for the coarse scan at every angle.
LONG = 301
long_grid = (np.arange(LONG) - LONG // 2) * STEP
inside = slice(LONG // 2 - half - CENTRE, LONG // 2 - half - CENTRE + N)
assert np.allclose(long_grid[inside], grid)
for full, name in ((False, "half"), (True, "whole")):
    angles = coarse_angles(full)
    positions = (np.arange(NC) - NC // 2 - CENTRE_C) * STEPC
    coarse = np.array([project(a, positions) + rng.normal(0, 1, NC) for a in angles]).astype("<f4")
    np.save(here / f"coarse_27x33_{name}.npy", coarse)
    whole = np.zeros((M, LONG))
    for k, a in enumerate(theta):
        phi = a + DELTA
        whole[k] = SCALE * coarse_at(coarse.astype(float), angles, phi, long_grid + X0 * np.cos(phi) - Y0 * np.sin(phi))
        whole[k, inside] = roi[k]
    # iradon turns a grid by the angle's own sense: t = x cos(theta) - y sin(theta) with y downwards, as here.
    for filter_name in ("ramp", "shepp-logan", "hann"):
        image = iradon(whole.T, theta=np.rad2deg(theta), filter_name=filter_name, interpolation="linear", circle=True)
        middle = image[LONG // 2 - half:LONG // 2 - half + N, LONG // 2 - half:LONG // 2 - half + N]
        np.save(here / f"completed_{filter_name}_{name}.npy", middle.astype("<f4"))
