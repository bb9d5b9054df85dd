"""pyFAI's pattern of a frame as JSON: 2theta in degrees, no pixel splitting, solid angle, no polarisation."""
import argparse
import json

import fabio
import numpy
import pyFAI

p = argparse.ArgumentParser()
p.add_argument("frame")
p.add_argument("poni")
p.add_argument("mask")
p.add_argument("bins", type=int)
args = p.parse_args()

image = fabio.open(args.frame).data
mask = fabio.open(args.mask).data != 0
ai = pyFAI.load(args.poni)
result = ai.integrate1d_ng(
    image, args.bins, mask=mask, unit="2th_deg", method=("no", "csr", "cython"),
    correctSolidAngle=True, polarization_factor=None)
print(json.dumps({
    "version": pyFAI.version,
    "detector": ai.detector.name,
    "wavelength_A": ai.wavelength * 1e10,
    "x": result.radial.tolist(),
    "intensity": numpy.asarray(result.intensity, dtype=float).tolist(),
    "count": numpy.asarray(result.count).astype(int).tolist(),
}))
