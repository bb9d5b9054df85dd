"""The DECTRIS detectors that pyFAI knows, as a table: names, sizes, pixels, and what their masks mask.

    /usr/bin/python3 make_detectors.py > detectors.json
"""
import hashlib
import inspect
import json

import pyFAI.detectors
from pyFAI.detectors import _dectris

table = []
for model in vars(_dectris).values():
    if not inspect.isclass(model) or not issubclass(model, (_dectris.Pilatus, _dectris.Eiger)) or not hasattr(model, "MAX_SHAPE"):
        continue
    detector = model()
    mask = (detector.mask != 0).astype("uint8")
    registered = [name for name, known in pyFAI.detectors.ALL_DETECTORS.items() if known is model]
    table.append({
        "name": model.__name__, "aliases": model.aliases, "registered": sorted(registered), "shape": list(detector.max_shape),
        "pixel1": detector.pixel1, "pixel2": detector.pixel2, "masked": int(mask.sum()),
        "sha256": hashlib.sha256(mask.tobytes()).hexdigest(),
    })
print(json.dumps({"pyFAI": pyFAI.version, "detectors": table}, indent=1))
