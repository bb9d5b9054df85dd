"""Integrates made-up frames with the pyFAI that is installed, as a witness for tests (written against 0.21.3).

usage: run_pyfai.py FOLDER

FOLDER/cases.json lists the cases. Of case k, FOLDER/k.image (int32) and FOLDER/k.mask (int8, 1 = masked) are read, and FOLDER/k.result
(float64) is written: radial axis, then sum of signal, sum of normalisation and count of every bin, or of every cell [sector, bin].
"""
import json
import logging
import os
import sys
import warnings

# Of several threads on a busy machine some shares of split pixels once came out otherwise than ever before or after.
os.environ["OMP_NUM_THREADS"] = "1"

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

import numpy
from pyFAI.azimuthalIntegrator import AzimuthalIntegrator
from pyFAI.detectors import Detector


def integrate(case, image, mask):
    geometry = case["geometry"]
    detector = Detector(geometry["pixel1"], geometry["pixel2"], max_shape=tuple(case["shape"]))
    integrator = AzimuthalIntegrator(
        geometry["dist"], geometry["poni1"], geometry["poni2"], geometry["rot1"], geometry["rot2"], geometry["rot3"],
        detector=detector, wavelength=geometry["wavelength"])
    azimuth = case["azimuth_range"]
    if azimuth and azimuth[1] > 180:
        integrator.setChiDiscAtZero()
    options = dict(
        unit=case["unit"], method=(case["split"], "csr", "cython"), mask=mask, correctSolidAngle=case["solid_angle"],
        polarization_factor=case["polarization_factor"], azimuth_range=azimuth)
    if case["sectors"]:
        return integrator.integrate2d_ng(image, case["bins"], case["sectors"], **options)
    return integrator.integrate1d_ng(image, case["bins"], **options)


folder = sys.argv[1]
with open(os.path.join(folder, "cases.json")) as file:
    cases = json.load(file)
for k, case in enumerate(cases):
    image = numpy.fromfile(os.path.join(folder, f"{k}.image"), numpy.int32).reshape(case["shape"])
    mask = numpy.fromfile(os.path.join(folder, f"{k}.mask"), numpy.int8).reshape(case["shape"])
    result = integrate(case, image, mask)
    columns = [result.radial, result.sum_signal, result.sum_normalization, result.count]
    numpy.concatenate([numpy.asarray(column, numpy.float64).ravel() for column in columns]).tofile(os.path.join(folder, f"{k}.result"))
