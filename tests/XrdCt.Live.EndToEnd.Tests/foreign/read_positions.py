"""Where the stages stood by a result file, against its plan, and where the sample was, by its sinogram, as JSON: h5py and numpy only."""
import json
import sys

import h5py
import numpy

with h5py.File(sys.argv[1], "r") as f:
    e = f["entry"]
    translation, rotation = (e[f"positions/{name}"][()] for name in ("translation", "rotation"))
    count, angles = translation.shape
    step_um = float(e["scan_plan/step"][()])
    plan_um = (numpy.arange(count) - count // 2) * step_um
    plan_deg = numpy.arange(angles) * 180 / angles
    total = e["data/intensity"][()].astype(float)
    seen = {
        "shape": list(translation.shape),
        "off_steps": float(numpy.abs(translation * 1000 - plan_um[:, None]).max() / step_um),
        "off_deg": float(numpy.abs(rotation - plan_deg).max()),
        "translation_units": e["positions/translation"].attrs["units"],
        "monitor": [float(m) for m in (numpy.nanmin(e["control/data"][()]), numpy.nanmax(e["control/data"][()]))],
        "unmatched": e["readings/unmatched_frames"][()].tolist() if "readings" in e else [],
        "covered": int(e["data/coverage"][()].sum()),
    }

# Air is what the emptiest position has. A sample at (x, y) has its centre of mass at x cos θ − y sin θ.
total = numpy.nansum(total, axis=2)
total -= total.min(axis=0)
centre_um = (plan_um[:, None] * total).sum(axis=0) / total.sum(axis=0)
theta = numpy.radians(plan_deg)
seen["sample_um"] = numpy.linalg.lstsq(numpy.stack([numpy.cos(theta), -numpy.sin(theta)], axis=1), centre_um, rcond=None)[0].tolist()
print(json.dumps(seen))
