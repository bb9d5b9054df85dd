"""The beam that shutter and monitor share."""

from __future__ import annotations

import math
import threading
import time


class Beam:
    """A storage ring with decay and top-ups, and a shutter before the sample.

    The current is ``full_mA · exp(−t / lifetime_s)`` since the last top-up, which comes every ``top_up_period_s``.
    """

    def __init__(self, full_mA: float = 200.0, lifetime_s: float = 3600.0, top_up_period_s: float = 60.0) -> None:
        self.full_mA = full_mA
        self.lifetime_s = lifetime_s
        self.top_up_period_s = top_up_period_s
        self._filled_at = time.time()
        self._open = threading.Event()
        self._open.set()

    @property
    def is_open(self) -> bool:
        return self._open.is_set()

    def open(self) -> None:
        self._open.set()

    def close(self) -> None:
        self._open.clear()

    def current_mA(self, at: float) -> float:
        """Ring current at a time, seconds since 1970."""
        since_s = (at - self._filled_at) % self.top_up_period_s
        return self.full_mA * math.exp(-since_s / self.lifetime_s)


BEAM = Beam()
