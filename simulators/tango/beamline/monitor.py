"""The beam monitor."""

from __future__ import annotations

import random
import time

from tango import AttrQuality, DevState
from tango.server import Device, attribute

from .beam import BEAM
from .teller import Teller

PERIOD_S = 0.1
COUNTS_PER_MA = 5000.0
DARK_COUNTS = 12.0
NOISE = 1e-3


class Monitor(Device):
    """An ionisation chamber behind the shutter: counts that follow the ring's current, decay and top-ups, with noise of 0.1 %.

    Change events: 10 Hz.
    """

    def init_device(self) -> None:
        super().init_device()
        self._random = random.Random(15)
        self.set_state(DevState.ON)
        for name in ("Counts", "RingCurrent"):
            self.set_change_event(name, True, False)
        self._teller = Teller(self.get_name(), PERIOD_S, self._tell)
        self._teller.start()

    def delete_device(self) -> None:
        self._teller.stop()
        super().delete_device()

    @attribute(dtype=float, unit="counts", doc="Counts in 0.1 s.")
    def Counts(self) -> tuple[float, float, AttrQuality]:
        return self._counts(time.time())

    @attribute(dtype=float, unit="mA", doc="Current of the storage ring.")
    def RingCurrent(self) -> tuple[float, float, AttrQuality]:
        now = time.time()
        return BEAM.current_mA(now), now, AttrQuality.ATTR_VALID

    def _counts(self, now: float) -> tuple[float, float, AttrQuality]:
        clean = COUNTS_PER_MA * BEAM.current_mA(now) if BEAM.is_open else DARK_COUNTS
        return clean * self._random.gauss(1.0, NOISE), now, AttrQuality.ATTR_VALID

    def _tell(self) -> None:
        now = time.time()
        self.push_change_event("Counts", *self._counts(now))
        self.push_change_event("RingCurrent", BEAM.current_mA(now), now, AttrQuality.ATTR_VALID)
