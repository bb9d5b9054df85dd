"""Slices of the same sinogram through the windows that came later. Run with scikit-image (0.19.3 made the files)."""
import pathlib

import numpy as np
from skimage.transform import iradon

here = pathlib.Path(__file__).parent
sinogram = np.load(here / "sino_radon_101x100.npy")
angles = np.arange(sinogram.shape[1]) * 180 / sinogram.shape[1]
for window in ("cosine", "hamming"):
    slice_ = iradon(sinogram, theta=angles, filter_name=window, interpolation="linear", circle=True)
    np.save(here / f"iradon_{window}_101x100.npy", slice_.astype("<f4"))
