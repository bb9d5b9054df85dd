"""Slices of the same sinogram, moved by whole samples: what a centre of rotation off the middle is. Run with scikit-image (0.19.3 made the files)."""
import pathlib

import numpy as np
from skimage.transform import iradon

here = pathlib.Path(__file__).parent
sinogram = np.load(here / "sino_radon_101x100.npy")
angles = np.arange(sinogram.shape[1]) * 180 / sinogram.shape[1]
for centre in (3, -2):
    # An axis at sample N/2 + centre is brought to N/2; nothing but air leaves the projection.
    moved = np.roll(sinogram, -centre, axis=0)
    assert np.abs(sinogram[:3]).max() == np.abs(sinogram[-3:]).max() == 0
    slice_ = iradon(moved, theta=angles, filter_name="ramp", interpolation="linear", circle=True)
    np.save(here / f"iradon_ramp_101x100_centre{centre:+d}.npy", slice_.astype("<f4"))
