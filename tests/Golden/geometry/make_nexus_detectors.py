"""Two small detectors that pyFAI saves, and where pyFAI puts their pixels: one flat with displaced pixels, one curved.

    /usr/bin/python3 make_nexus_detectors.py     (pyFAI 0.21.3, writes flat.h5, curved.h5, nexus_detectors.json)
"""
import json
import os

import numpy
import pyFAI.detectors
from pyFAI.geometry import Geometry

ROWS, COLUMNS = 9, 13
random = numpy.random.default_rng(20261123)
expected = {"pyFAI": pyFAI.version}
for name in ("flat", "curved"):
    detector = pyFAI.detectors.Detector(1e-4, 1.25e-4, max_shape=(ROWS, COLUMNS))
    detector.aliases = ["Small detector"]
    corners = detector.get_pixel_corners().astype("float64")
    corners[..., 1:] += random.normal(0, 4e-6, corners[..., 1:].shape)
    if name == "curved":
        # A cylinder round axis 1 with a radius of 20 mm.
        angle = (corners[..., 2] - 8e-4) / 0.02
        corners[..., 2] = 8e-4 + 0.02 * numpy.sin(angle)
        corners[..., 0] = 0.02 * (numpy.cos(angle) - 1)
    else:
        corners[0, 0, 2, 1] = numpy.nan
    detector.set_pixel_corners(corners.astype("float32"))
    detector.IS_FLAT = name == "flat"
    detector.uniform_pixel = False
    mask = numpy.zeros((ROWS, COLUMNS), "int8")
    mask[2, 3] = mask[8, 12] = 1
    detector.mask = mask
    detector.flatfield = random.uniform(0.9, 1.1, (ROWS, COLUMNS)).astype("float32")
    detector.darkcurrent = random.uniform(0, 3, (ROWS, COLUMNS)).astype("float64")
    if os.path.exists(name + ".h5"):
        os.remove(name + ".h5")
    detector.save(name + ".h5")

    loaded = pyFAI.detectors.NexusDetector(name + ".h5")
    loaded.IS_FLAT = bool(loaded.IS_FLAT)
    geometry = Geometry(0.03, 4e-4, 6e-4, 0.11, -0.07, 0.5, detector=loaded, wavelength=2e-11)
    corner = geometry.calc_pos_zyx(corners=True)
    t3, t1, t2 = (numpy.asarray(c, "float64") for c in corner)
    finite = lambda a: [None if not numpy.isfinite(v) else float(v) for v in numpy.asarray(a, "float64").ravel()]
    expected[name] = {
        "two_theta": finite(geometry.twoThetaArray((ROWS, COLUMNS))), "chi": finite(geometry.chiArray((ROWS, COLUMNS))),
        "solid_angle": finite(geometry.solidAngleArray((ROWS, COLUMNS))),
        "corner_two_theta": finite(numpy.arctan2(numpy.hypot(t1, t2), t3)), "corner_chi": finite(numpy.arctan2(t1, t2)),
        "mask": loaded.mask.ravel().tolist(), "flatfield": finite(loaded.flatfield), "darkcurrent": finite(loaded.darkcurrent),
    }
with open("nexus_detectors.json", "w") as file:
    json.dump(expected, file)
