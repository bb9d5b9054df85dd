"""The shutter."""

from __future__ import annotations

from tango import DevState
from tango.server import Device, command

from .beam import BEAM


class Shutter(Device):
    """A shutter before the monitor: OPEN or CLOSE, with change events of its state."""

    def init_device(self) -> None:
        super().init_device()
        self.set_change_event("State", True, False)
        self.set_state(DevState.OPEN if BEAM.is_open else DevState.CLOSE)

    def dev_status(self) -> str:
        return "the shutter is open" if BEAM.is_open else "the shutter is closed"

    @command(doc_in="Lets the beam through.")
    def Open(self) -> None:
        BEAM.open()
        self.set_state(DevState.OPEN)
        self.push_change_event("State")

    @command(doc_in="Takes the beam away.")
    def Close(self) -> None:
        BEAM.close()
        self.set_state(DevState.CLOSE)
        self.push_change_event("State")
