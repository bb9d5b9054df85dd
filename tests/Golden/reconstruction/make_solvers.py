"""Iterative solutions of a small system whose matrix is built here from the definition of the projection.

Run with numpy and scipy (1.24.2 and 1.10.1 made the files). A[(k, j), (y, x)] is the share of pixel (y, x) that falls on
sample j of projection k: t = x cos(theta) - y sin(theta) + N // 2 + c lies between two samples, and the nearer gets more.
"""
import pathlib

import numpy as np
from scipy.optimize import lsq_linear
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import LinearOperator, cg, lsqr

here = pathlib.Path(__file__).parent
N, ROTATIONS = 33, 20
half = N // 2


def matrix(centre, mask=None):
    rows, columns, shares = [], [], []
    for k in range(ROTATIONS):
        theta = np.pi * k / ROTATIONS
        for y in range(-half, N - half):
            for x in range(-half, N - half):
                pixel = (y + half) * N + x + half
                if x * x + y * y > (half - abs(centre)) ** 2 or (mask is not None and not mask[pixel]):
                    continue
                t = x * np.cos(theta) - y * np.sin(theta) + half + centre
                j = int(np.floor(t + 1e-12))
                f = t - j
                for sample, share in ((j, 1 - f), (j + 1, f)):
                    if 0 <= sample < N:
                        rows.append(k * N + sample)
                        columns.append(pixel)
                        shares.append(share)
    return coo_matrix((shares, (rows, columns)), shape=(ROTATIONS * N, N * N)).tocsr()


def sirt(a, b, relaxation, iterations, nonnegative):
    row, column = np.asarray(a.sum(1)).ravel(), np.asarray(a.sum(0)).ravel()
    r = np.divide(1, row, out=np.zeros_like(row), where=row > 0)
    c = np.divide(1, column, out=np.zeros_like(column), where=column > 0)
    x, residuals = np.zeros(a.shape[1]), [1.0]
    for _ in range(iterations):
        x = x + relaxation * c * (a.T @ (r * (b - a @ x)))
        if nonnegative:
            x = np.maximum(x, 0)
        residuals.append(np.linalg.norm(b - a @ x) / np.linalg.norm(b))
    return x, np.array(residuals)


def phantom_chords(centre):
    """Discs, projected in closed form, sampled at points."""
    discs = [(1.5, -2.0, 11.0, 1.0), (-4.0, 3.0, 3.5, 2.0), (5.0, 2.0, 2.5, -0.7), (2.0, -7.0, 2.0, 1.5)]
    sinogram = np.zeros((ROTATIONS, N))
    for k in range(ROTATIONS):
        theta = np.pi * k / ROTATIONS
        s = np.arange(N) - half - centre
        for x, y, radius, density in discs:
            t = s - (x * np.cos(theta) - y * np.sin(theta))
            sinogram[k] += density * 2 * np.sqrt(np.maximum(radius**2 - t**2, 0))
    return sinogram


random = np.random.default_rng(20)
out = {}

# Two bins of one block: all cells measured, and a tenth of the cells (and one whole projection) not.
clean = phantom_chords(0.0)
full = clean + random.normal(0, 0.3, clean.shape)
holes = clean + random.normal(0, 0.3, clean.shape)
holes[random.random(clean.shape) < 0.1] = np.nan
holes[7] = np.nan
out["full"], out["holes"] = full, holes

a = matrix(0.0)
for name, b in (("full", full.ravel()), ("holes", holes.ravel())):
    there = np.isfinite(b)
    av, bv = a[there], b[there]
    out[f"sirt_{name}"], out[f"sirt_{name}_residuals"] = sirt(av, bv, 1.0, 30, False)
    out[f"sirt_{name}_nonnegative"], _ = sirt(av, bv, 1.5, 30, True)
    for k in (1, 5, 12):
        x = lsqr(av, bv, atol=0, btol=0, conlim=0, iter_lim=k)[0]
        out[f"lsqr_{name}_{k}"] = x
        # The same Krylov space by another road.
        normal = LinearOperator((N * N, N * N), matvec=lambda v: av.T @ (av @ v), dtype=float)
        other, _ = cg(normal, av.T @ bv, tol=0, atol=0, maxiter=k)
        assert np.linalg.norm(x - other) < 1e-5 * np.linalg.norm(x), (name, k, np.linalg.norm(x - other))
    inside = np.asarray(av.sum(0)).ravel() > 0
    bounded = lsq_linear(av[:, inside], bv, bounds=(0, np.inf), method="trf", tol=1e-12, max_iter=500, lsmr_tol="auto")
    out[f"nonnegative_{name}_residual"] = np.array(np.sqrt(2 * bounded.cost) / np.linalg.norm(bv))

# Axis aside, and only the pixels of a disc may hold anything.
y, x = np.mgrid[-half : N - half, -half : N - half]
mask = ((x - 1.5) ** 2 + (y + 2.0) ** 2 <= 12**2).ravel()
aside = phantom_chords(1.3) + random.normal(0, 0.3, clean.shape)
am = matrix(1.3, mask)
out["aside"], out["aside_mask"] = aside, mask
out["sirt_aside"], _ = sirt(am, aside.ravel(), 1.0, 30, False)
out["lsqr_aside_5"] = lsqr(am, aside.ravel(), atol=0, btol=0, conlim=0, iter_lim=5)[0]

# What the matrix does to one slice and one sinogram.
out["slice"] = random.normal(size=N * N) * (np.asarray(a.sum(0)).ravel() > 0)
out["slice_projected"] = a @ out["slice"]
out["full_back"] = a.T @ full.ravel()

np.savez_compressed(here / "solvers_33x20.npz", **out)
for key, value in out.items():
    print(key, np.shape(value), np.array2string(np.ravel(value)[-1:], precision=6))
