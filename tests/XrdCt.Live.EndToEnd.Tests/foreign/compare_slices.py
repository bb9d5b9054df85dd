"""How the slice of an ROI scan agrees with its place in that of the coarse scan, as JSON: h5py, numpy and scipy."""
import json
import sys

import h5py
import numpy
from scipy.ndimage import map_coordinates, uniform_filter


def read(path):
    with h5py.File(path, "r") as f:
        e = f["entry"]
        g = e["live/total"]
        said = {k: (v.asstr()[()] if h5py.check_string_dtype(v.dtype) else float(v[()])) for k, v in e["roi_correction"].items()} if "roi_correction" in e else None
        step_um = float(e["scan_plan/step"][()])

        # Slices are per step, and steps differ.
        return g[g.attrs["signal"]][()].astype(float) / step_um, step_um, said


coarse, coarse_um, _ = read(sys.argv[1])
roi, roi_um, said = read(sys.argv[2])
n = len(roi)
y, x = (numpy.indices(roi.shape) - n // 2) * roi_um
inside = numpy.hypot(x, y) < 0.9 * (n // 2) * roi_um
where = numpy.array([y + said.get("y", 0), x + said.get("x", 0)]) / coarse_um + len(coarse) // 2
expected = map_coordinates(numpy.nan_to_num(coarse), where, order=1)

# What the coarse scan can show of it.
width = max(1, int(round(coarse_um / roi_um)))
measured = uniform_filter(numpy.nan_to_num(roi), width) / numpy.maximum(uniform_filter(numpy.isfinite(roi).astype(float), width), 0.1)
print(json.dumps({
    "said": said and {k: (None if isinstance(v, float) and numpy.isnan(v) else v) for k, v in said.items()},
    "correlation": float(numpy.corrcoef(expected[inside], measured[inside])[0, 1]),
    "level": float(measured[inside].mean() / expected[inside].mean()),
}))
