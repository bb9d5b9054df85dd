"""Readings on their way."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

import tango_gateway_pb2 as wire

# Half a minute of ten attributes at 30 Hz.
MOST_WAITING = 10_000

HEARTBEAT_S = 1.0


class Mailbox:
    """Readings on their way to one taker. A taker that is too slow loses the oldest, and is told how many."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readings: deque[wire.AttributeReading] = deque()
        self._lost = 0

    @property
    def lost(self) -> int:
        return self._lost

    def put(self, reading: wire.AttributeReading) -> None:
        with self._changed:
            if len(self._readings) == MOST_WAITING:
                self._readings.popleft()
                self._lost += 1
            self._readings.append(reading)
            self._changed.notify()

    def count_lost(self, readings: int) -> None:
        """Counts what was lost on the way here."""
        with self._changed:
            self._lost += readings

    def take(self, timeout_s: float) -> wire.AttributeReading | None:
        with self._changed:
            if not self._readings:
                self._changed.wait(timeout_s)
            return self._readings.popleft() if self._readings else None


def messages(mailbox: Mailbox, is_wanted: Callable[[], bool]) -> Iterator[wire.SubscriptionMessage]:
    """The readings of a mailbox, with a heartbeat every second, while they are wanted."""
    beat_at = 0.0
    while is_wanted():
        now = time.monotonic()
        if now >= beat_at:
            beat_at = now + HEARTBEAT_S
            yield wire.SubscriptionMessage(heartbeat=wire.Heartbeat(time_ns=time.time_ns(), lost=mailbox.lost))
        reading = mailbox.take(max(0.0, beat_at - now))
        if reading is not None:
            yield wire.SubscriptionMessage(reading=reading)
