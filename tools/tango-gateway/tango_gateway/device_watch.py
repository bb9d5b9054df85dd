"""What one device tells by itself, and what it is asked for where it keeps silent."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable

import tango

import tango_gateway_pb2 as wire

from . import values
from .mailbox import Mailbox

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
LEAST_PERIOD_S = 0.02
LONGEST_PERIOD_S = 10.0

# The heartbeat of a device server without a database never reaches libtango 9.3.4, which subscribes to it by another name than it
# is sent by. After 12 s it tells API_EventTimeout, and soon after 20 s its way to connect again ends the process. Subscriptions
# that are not yet 10 s old are let be: measured, 8 s lives on and 15 s does not.
RENEWAL_S = 5.0

# After a time in which this process stood still: until then what was told meanwhile has come.
LATE_S = 1.0


class DeviceWatch:
    """Follows attributes of one device: change events, a reading where none came for a period, and a new connection where the
    device went away. Without a database it must be the only one of its process: see RENEWAL_S."""

    def __init__(
        self, device: str, address: str, attributes: Iterable[str], period_s: float, timeout_s: float, mailbox: Mailbox
    ) -> None:
        self._address = address
        self._names = {name.lower(): wire.AttributeName(device=device, attribute=name) for name in attributes}
        self._period_s = min(max(period_s, LEAST_PERIOD_S), LONGEST_PERIOD_S)
        self._timeout_s = timeout_s
        self._mailbox = mailbox
        self._told_at: dict[str, float] = {}
        self._pause_s = FIRST_PAUSE_S
        self._thread = threading.Thread(target=self._run, name=f"watch {device}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        with tango.EnsureOmniThread():
            while True:
                try:
                    self._follow()
                except tango.DevFailed as error:
                    for name in self._names.values():
                        self._mailbox.put(values.failed(name, error))
                time.sleep(self._pause_s)
                self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _follow(self) -> None:
        proxy = tango.DeviceProxy(self._address)
        proxy.set_timeout_millis(int(1000 * self._timeout_s))
        proxy.ping()
        self._pause_s = FIRST_PAUSE_S
        subscribed = self._subscribe(proxy)
        try:
            while True:
                self._ask(proxy)
                _unsubscribe(proxy, subscribed)
                subscribed = self._subscribe(proxy)
        finally:
            _unsubscribe(proxy, subscribed)

    def _subscribe(self, proxy: tango.DeviceProxy) -> list[int]:
        subscribed: list[int] = []
        for key in self._names:
            try:
                subscribed.append(proxy.subscribe_event(key, tango.EventType.CHANGE_EVENT, self._take_event))
            except tango.DevFailed:
                # Neither polled by its server nor pushed: it is asked for only.
                self._told_at.setdefault(key, 0.0)
        return subscribed

    def _ask(self, proxy: tango.DeviceProxy) -> None:
        """Asks for what is not told by itself, until the subscriptions are due to be renewed."""
        renewal = time.monotonic() + RENEWAL_S if has_no_database(self._address) else math.inf
        while time.monotonic() < renewal:
            due = min(self._told_at.get(key, 0.0) for key in self._names) + self._period_s
            wait_s = max(0.001, min(due, renewal) - time.monotonic())
            before = time.monotonic()
            time.sleep(wait_s)
            now = time.monotonic()
            if now - before > wait_s + self._period_s:
                # This process was held up: what devices told meanwhile is older than what they would answer now, and goes first.
                for key in self._names:
                    self._told_at[key] = now
                renewal = max(renewal, now + LATE_S)
                continue
            silent = [key for key in self._names if now - self._told_at.get(key, 0.0) >= self._period_s]
            if silent:
                for key, attribute in zip(silent, proxy.read_attributes(silent)):
                    self._told_at[key] = time.monotonic()
                    self._mailbox.put(values.reading(self._names[key], attribute))

    def _take_event(self, event: tango.EventData) -> None:
        key = event.attr_name.rpartition("/")[2].partition("#")[0].lower()
        name = self._names.get(key)
        if name is None:
            return
        if event.err:
            # The server is gone or has nothing to tell: asking says which.
            self._told_at[key] = 0.0
            return
        self._told_at[key] = time.monotonic()
        self._mailbox.put(values.reading(name, event.attr_value, is_event=True))


def has_no_database(address: str) -> bool:
    """Whether an address is one of a device server that no database knows."""
    return address.lower().endswith("#dbase=no")


def _unsubscribe(proxy: tango.DeviceProxy, subscribed: list[int]) -> None:
    for event in subscribed:
        try:
            proxy.unsubscribe_event(event)
        except (tango.DevFailed, KeyError):
            # Its server is gone, and the subscription with it.
            pass
