"""Subscriptions, in processes of their own (follower.py says why)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from multiprocessing.connection import Connection

import tango_gateway_pb2 as wire

from . import values
from .device_watch import FIRST_PAUSE_S, LONGEST_PAUSE_S, has_no_database
from .follower import Followed, Order
from .mailbox import Mailbox

# A follower that is not heard of for so long, not even its heartbeat of every second, hangs.
SILENCE_LIMIT_S = 10.0

# What has closed its output ends within this.
ENDING_S = 1.0

# Far above a subscription message: 65,536 numbers twice.
LARGEST_MESSAGE_BYTES = 4 << 20


class Subscription:
    """Follows devices for one caller, through a process that is started again whenever it ends."""

    def __init__(self, order: Order, mailbox: Mailbox) -> None:
        self._order = order
        self._devices = ", ".join(followed.device for followed in order.devices)
        self._mailbox = mailbox
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._pause_s = FIRST_PAUSE_S
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"follow {self._devices}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends at once; what a device hangs in dies with its process."""
        with self._lock:
            self._stopped.set()
            if self._process is not None:
                self._process.kill()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._follow()
            self._stopped.wait(self._pause_s)
            self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)

    def _follow(self) -> None:
        """Runs one follower to its end."""
        with self._lock:
            if self._stopped.is_set():
                return
            # Not multiprocessing: it would start a second process beside each, and run the gateway's own main module.
            process = self._process = subprocess.Popen(
                [sys.executable, "-m", "tango_gateway.follower"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        assert process.stdin is not None and process.stdout is not None
        with process.stdin, process.stdout, Connection(os.dup(process.stdout.fileno()), writable=False) as told:
            try:
                os.write(process.stdin.fileno(), self._order.line())
                self._pass_on(told)
            except (BrokenPipeError, ConnectionResetError, EOFError):
                # It has ended; its exit code says how.
                pass
            finally:
                code = self._end(process)
        if not self._stopped.is_set():
            self._say_broken(code)

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        with self._lock:
            self._process = None
        try:
            return process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def _pass_on(self, told: Connection) -> None:
        lost = 0
        while told.poll(SILENCE_LIMIT_S):
            message = wire.SubscriptionMessage.FromString(told.recv_bytes(LARGEST_MESSAGE_BYTES))
            if message.HasField("reading"):
                if not message.reading.HasField("error"):
                    self._pause_s = FIRST_PAUSE_S
                self._mailbox.put(message.reading)
            else:
                self._mailbox.count_lost(message.heartbeat.lost - lost)
                lost = message.heartbeat.lost

    def _say_broken(self, code: int) -> None:
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        sentence = f"the process that followed {self._devices} has ended ({how}); another one is started"
        print(f"tango-gateway: {sentence}", file=sys.stderr, flush=True)
        for followed in self._order.devices:
            for attribute in followed.attributes:
                self._mailbox.put(values.broken(wire.AttributeName(device=followed.device, attribute=attribute), sentence))


def subscriptions(devices: list[Followed], period_s: float, timeout_s: float, mailbox: Mailbox) -> list[Subscription]:
    """One for all devices that a database knows, and one for each other device."""
    apart = [(followed,) for followed in devices if has_no_database(followed.address)]
    together = tuple(followed for followed in devices if not has_no_database(followed.address))
    return [Subscription(Order(of, period_s, timeout_s), mailbox) for of in [*apart, together] if of]
