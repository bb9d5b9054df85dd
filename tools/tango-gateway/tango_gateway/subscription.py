"""Subscriptions: what devices tell by themselves, and what they are asked for where they keep silent."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable

import tango

import tango_gateway_pb2 as wire

from . import values
from .devices import Devices, UnknownDevice

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
LEAST_PERIOD_S = 0.02
LONGEST_PERIOD_S = 10.0

# Half a minute of ten attributes at 30 Hz.
MOST_WAITING = 10_000


class Mailbox:
    """Readings on their way to one caller. A caller that does not take them loses the oldest, and is told how many."""

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

    def take(self, timeout_s: float) -> wire.AttributeReading | None:
        with self._changed:
            if not self._readings:
                self._changed.wait(timeout_s)
            return self._readings.popleft() if self._readings else None


class DeviceWatch:
    """Follows attributes of one device for one caller: change events, a reading where none came for a period, and a new
    connection where the device went away."""

    def __init__(self, devices: Devices, device: str, attributes: Iterable[str], period_s: float, mailbox: Mailbox) -> None:
        self._devices = devices
        self._device = device
        self._names = {name.lower(): wire.AttributeName(device=device, attribute=name) for name in attributes}
        self._period_s = min(max(period_s, LEAST_PERIOD_S), LONGEST_PERIOD_S)
        self._mailbox = mailbox
        self._told_at: dict[str, float] = {}
        self._pause_s = FIRST_PAUSE_S
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"watch {device}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends soon; does not wait for a device that hangs."""
        self._stopped.set()

    def _run(self) -> None:
        with tango.EnsureOmniThread():
            while not self._stopped.is_set():
                try:
                    self._follow()
                except tango.DevFailed as error:
                    for name in self._names.values():
                        self._mailbox.put(values.failed(name, error))
                except UnknownDevice as error:
                    for name in self._names.values():
                        self._mailbox.put(values.unknown(name, str(error)))
                self._stopped.wait(self._pause_s)
                self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _follow(self) -> None:
        proxy = self._devices.fresh_proxy(self._device)
        proxy.ping()
        subscribed: list[int] = []
        try:
            for key, name in self._names.items():
                try:
                    subscribed.append(proxy.subscribe_event(key, tango.EventType.CHANGE_EVENT, self._take_event))
                except tango.DevFailed:
                    # Neither polled by its server nor pushed: it is asked for only.
                    self._told_at[key] = 0.0
            self._pause_s = FIRST_PAUSE_S
            self._ask(proxy)
        finally:
            for event in subscribed:
                try:
                    proxy.unsubscribe_event(event)
                except (tango.DevFailed, KeyError):
                    # Its server is gone, and the subscription with it.
                    pass

    def _ask(self, proxy: tango.DeviceProxy) -> None:
        while True:
            due = min(self._told_at.get(key, 0.0) for key in self._names) + self._period_s
            wait_s = max(0.001, due - time.monotonic())
            before = time.monotonic()
            if self._stopped.wait(wait_s):
                return
            now = time.monotonic()
            if now - before > wait_s + self._period_s:
                # This process was held up: what devices told meanwhile is older than what they would answer now, and goes first.
                for key in self._names:
                    self._told_at[key] = now
                continue
            silent = [key for key in self._names if now - self._told_at.get(key, 0.0) >= self._period_s]
            if silent:
                for key, attribute in zip(silent, proxy.read_attributes(silent)):
                    self._told_at[key] = time.monotonic()
                    self._mailbox.put(values.reading(self._names[key], attribute))

    def _take_event(self, event: tango.EventData) -> None:
        key = event.attr_name.rpartition("/")[2].partition("#")[0].lower()
        name = self._names.get(key)
        if name is None or self._stopped.is_set():
            return
        if event.err:
            # The server is gone or has nothing to tell: asking says which.
            self._told_at[key] = 0.0
            return
        self._told_at[key] = time.monotonic()
        self._mailbox.put(values.reading(name, event.attr_value, is_event=True))
