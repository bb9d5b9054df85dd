"""pyFAI on the same frame, for the comparison in docs/performance.md.

    pyfai_bench.py FRAME.npy PONI MASK.npy BINS REPEATS      -> one JSON object, medians and minima in ms

The frame's mask is set in the detector, so that no checksum is made per call; safe=False as a live user would. Method
("no", "csr", "cython"); medfilt1d with ("full", "csr", "cython"), since the 2D no-split matrix of pyFAI 0.21.3 is at times empty.
"""
import json
import sys
import time

import numpy as np
import pyFAI


def timed(function, repeats):
    function()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(1e3 * (time.perf_counter() - start))
    return {"median_ms": float(np.median(times)), "min_ms": float(np.min(times))}


def main():
    frame, poni, mask, bins, repeats = sys.argv[1:]
    image, bins, repeats = np.load(frame), int(bins), int(repeats)
    ai = pyFAI.load(poni)
    ai.detector.mask = np.load(mask).astype(np.int8)
    common = dict(unit="2th_deg", correctSolidAngle=True, safe=False)
    no = ("no", "csr", "cython")
    result = {
        "version": pyFAI.version,
        "mean": timed(lambda: ai.integrate1d_ng(image, bins, method=no, **common), repeats),
        "sigma_clip": timed(
            lambda: ai.sigma_clip_ng(image, bins, method=no, error_model="poisson", thresh=5, max_iter=5, **common), repeats),
    }
    if hasattr(ai, "medfilt1d_ng"):
        result["trimmed"] = timed(lambda: ai.medfilt1d_ng(image, bins, method=no, percentile=(10, 90), **common), repeats)
    else:
        result["trimmed"] = timed(
            lambda: ai.medfilt1d(image, bins, 512, method=("full", "csr", "cython"), percentile=(10, 90), unit="2th_deg"),
            max(3, repeats // 3))
    print(json.dumps(result))


main()
