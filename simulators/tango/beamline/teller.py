"""A thread beside a device that tells its clients what changes."""

from __future__ import annotations

import threading
from collections.abc import Callable

import tango


class Teller:
    """Calls ``tell`` every ``period_s`` until it is stopped. Tango wants a thread of its own kind for that."""

    def __init__(self, name: str, period_s: float, tell: Callable[[], None]) -> None:
        self._period_s = period_s
        self._tell = tell
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        with tango.EnsureOmniThread():
            while not self._stop.wait(self._period_s):
                self._tell()
