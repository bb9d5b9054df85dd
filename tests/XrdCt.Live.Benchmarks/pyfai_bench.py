"""pyFAI on the same frames, for the comparison in docs/performance.md.

    pyfai_bench.py FRAMES.npy PONI MASK.npy BINS SECONDS      -> one JSON object, medians and minima in ms per frame; CPU time beside wall time

FRAMES is [frame, row, column]; the frames are taken in turn, so that none is in the cache because it was there before. The mask is set in
the detector and safe=False, so that no checksum is made per call, as a live user would. medfilt1d with ("full", "csr", "cython"), since the
2D no-split matrix of pyFAI 0.21.3 is at times empty; where there is a medfilt1d_ng (2025 and later), that one, without splitting.
"""
import json
import os
import sys
import time

import numpy as np
import pyFAI


def timed(function, images, seconds):
    function(images[0])
    times, cpu = [], []
    end = time.perf_counter() + seconds
    while len(times) < 3 or time.perf_counter() < end:
        image = images[len(times) % len(images)]
        start, cpu_start = time.perf_counter(), time.process_time()
        function(image)
        times.append(1e3 * (time.perf_counter() - start))
        cpu.append(1e3 * (time.process_time() - cpu_start))
    return {"median_ms": float(np.median(times)), "min_ms": float(np.min(times)), "cpu_ms": float(np.median(cpu)), "runs": len(times)}


def main():
    frames, poni, mask, bins, seconds = sys.argv[1:]
    images, bins, seconds = np.load(frames), int(bins), float(seconds)
    ai = pyFAI.load(poni)
    ai.detector.mask = np.load(mask).astype(np.int8)
    common = dict(unit="2th_deg", correctSolidAngle=True, safe=False)
    no, full = ("no", "csr", "cython"), ("full", "csr", "cython")
    result = {
        "version": pyFAI.version,
        "threads": os.environ.get("OMP_NUM_THREADS", "all"),
        "mean": timed(lambda i: ai.integrate1d_ng(i, bins, method=no, **common), images, seconds),
        "full": timed(lambda i: ai.integrate1d_ng(i, bins, method=full, **common), images, seconds),
        "sigma_clip": timed(
            lambda i: ai.sigma_clip_ng(i, bins, method=no, error_model="poisson", thresh=5, max_iter=5, **common), images, seconds),
    }
    if hasattr(ai, "medfilt1d_ng"):
        result["medfilt"] = timed(lambda i: ai.medfilt1d_ng(i, bins, method=no, percentile=(10, 90), **common), images, seconds)
    else:
        result["medfilt"] = timed(lambda i: ai.medfilt1d(i, bins, 256, method=full, percentile=(10, 90), unit="2th_deg"), images, seconds)
    print(json.dumps(result))


main()
