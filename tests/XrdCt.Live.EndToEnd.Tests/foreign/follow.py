"""Follows a published scan with the Python client to its end, then compares every pattern with the saved file (h5py), bit by bit, and
prints what it found as JSON. --stop-after: stops itself (SIGSTOP) after so many patterns, like a display that hangs, till somebody
lets it go on; its own queue holds a single message."""
import argparse
import json
import os
import signal
import sys

import h5py
import numpy

p = argparse.ArgumentParser()
p.add_argument("client", help="folder of xrdct_live.py")
p.add_argument("endpoint")
p.add_argument("--stop-after", type=int)
args = p.parse_args()
sys.path.insert(0, args.client)
from xrdct_live import LiveClient  # noqa: E402

patterns, order = {}, []
hwm = 1000 if args.stop_after is None else 1
with LiveClient(args.endpoint, timeout_s=120, receive_hwm=hwm) as live:
    print("connected to", live.wait_for_scan()["title"], flush=True)
    for pattern in live.patterns():
        order.append(pattern["sequence"])
        patterns[pattern["frame_index"]] = pattern
        if len(order) == 1:
            print("following", flush=True)
        if len(order) == args.stop_after:
            print("stopping", flush=True)
            os.kill(os.getpid(), signal.SIGSTOP)
    scan, end, lost, repaired = live.state["latest/scan"], live.end, live.lost, live.repaired
    answer, bodies = live.ask(request="state")
    newest = dict(zip(answer["topics"], bodies))

with h5py.File(end["saved_path"], "r") as f:
    e = f["entry"]
    intensity = e["data/intensity"][()]      # [translation, rotation, bin] in the file
    coverage = e["data/coverage"][()]
    live_total = e["live/total/sinogram"][()]  # [rotation, translation]
    channels = [c["name"] for c in scan["channels"]]
    count = e["mean_pattern/count"][()]

plan = scan["plan"]
same = total_same = 0
counted = numpy.zeros(len(count), dtype=numpy.int64)
for pattern in patterns.values():
    cell = intensity[pattern["translation"], pattern["rotation"]]
    same += bool((pattern["intensity"].view(numpy.uint32) == cell.view(numpy.uint32)).all())
    total = numpy.float32(live_total[pattern["rotation"], pattern["translation"]])
    total_same += bool(numpy.float32(pattern["channel_values"][channels.index("total")]) == total)
    counted += pattern["count"]
filled = numpy.isfinite(next(iter(patterns.values()))["intensity"]) if patterns else numpy.zeros(0, bool)
first = next(iter(patterns.values()))
print(json.dumps({
    "patterns": len(patterns),
    "in_order": order == list(range(len(order))),
    "lost": len(lost),
    "repaired": repaired,
    "cells": plan["cells"],
    "covered": int(coverage.sum()),
    "equal_to_file": same,
    "channel_equal_to_file": total_same,
    "count_equal_to_file": bool((counted == count).all()),
    "sigma_where_intensity": bool((numpy.isfinite(first["sigma"]) == filled).all() and (first["sigma"][filled] >= 0).all()),
    "phase": end["phase"],
    "topics": answer["topics"],
    "seconds_from_exposure_to_publication": [p["published_at"] - p["acquired_at"] for p in patterns.values()][-1],
}))
