"""Moves stages of the simulated beamline and tells how its devices stand, as JSON: PyTango only."""
import json
import sys
import time

import tango


def device(name):
    return tango.DeviceProxy(f"tango://127.0.0.1:{sys.argv[1]}/sim/{name}/1#dbase=no")


for move in sys.argv[2:]:
    name, _, position = move.partition("=")
    device(name).Position = float(position)
    while device(name).state() == tango.DevState.MOVING:
        time.sleep(0.01)
seen = {}
for name in ("rotation", "translation", "px", "py", "shutter"):
    proxy = device(name)
    seen[name] = {"state": str(proxy.state())}
    if name != "shutter":
        seen[name] |= {"position": proxy.Position, "velocity": proxy.Velocity}
print(json.dumps(seen))
