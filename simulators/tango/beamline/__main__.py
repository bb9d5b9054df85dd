"""Runs all devices in one server without a database: ``python3 -m beamline --port 11000``."""

from __future__ import annotations

import argparse
import sys
import time

import tango
from tango.server import run

from .monitor import Monitor
from .shutter import Shutter
from .stage import Rotation, SampleStage, Translation

DEVICES: dict[str, type] = {
    "sim/rotation/1": Rotation,
    "sim/translation/1": Translation,
    "sim/px/1": SampleStage,
    "sim/py/1": SampleStage,
    "sim/monitor/1": Monitor,
    "sim/shutter/1": Shutter,
}


def address(port: int, device: str) -> str:
    """Where a client finds a device that no database knows."""
    return f"tango://127.0.0.1:{port}/{device}#dbase=no"


def are_ready(port: int, within_s: float) -> bool:
    """Waits until every device answers."""
    deadline = time.monotonic() + within_s
    waiting = list(DEVICES)
    while waiting:
        try:
            tango.DeviceProxy(address(port, waiting[0])).ping()
            waiting.pop(0)
        except tango.DevFailed:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(prog="beamline", description="A simulated beamline as Tango devices, without a database.")
    parser.add_argument("--port", type=int, default=11000, help="port on 127.0.0.1 (default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="print the addresses of the devices and end")
    parser.add_argument("--ready", type=float, metavar="SECONDS", help="wait for a server that was started and end: 0 when it answers, 1 when not")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(address(arguments.port, device) for device in DEVICES))
        return 0
    if arguments.ready is not None:
        return 0 if are_ready(arguments.port, arguments.ready) else 1
    devices = ",".join(f"{kind.__name__}::{device}" for device, kind in DEVICES.items())
    run(
        sorted(set(DEVICES.values()), key=lambda kind: kind.__name__),
        args=["beamline", "sim", "-nodb", "-dlist", devices, "-ORBendPoint", f"giop:tcp:127.0.0.1:{arguments.port}"],
    )
    return 0


sys.exit(main())
