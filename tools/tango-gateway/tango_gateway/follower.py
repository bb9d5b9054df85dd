"""A process of its own for events: ``python3 -m tango_gateway.follower``, run by the gateway.

Events are taken by libtango's own threads, and a fault there ends the process (RENEWAL_S in device_watch.py is about one). Then the
gateway, its moves, its device and what is told of other devices go on.

Its input is a line of JSON, and its end, where the gateway died, ends this process; its output are SubscriptionMessages.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection

from .device_watch import DeviceWatch
from .mailbox import Mailbox, messages


@dataclass(frozen=True)
class Followed:
    """Attributes of one device."""

    device: str
    address: str
    attributes: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """What a follower is to do."""

    devices: tuple[Followed, ...]
    period_s: float
    timeout_s: float

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @staticmethod
    def of(line: bytes) -> Order:
        told = json.loads(line)
        devices = tuple(Followed(d["device"], d["address"], tuple(d["attributes"])) for d in told["devices"])
        return Order(devices, told["period_s"], told["timeout_s"])


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    # Without libtango's clearing up, which may wait for a server that does not answer.
    os._exit(0)


def main() -> None:
    # Ctrl-C goes to every process of the terminal; the gateway ends this one by closing its input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    output = Connection(os.dup(1), readable=False)
    # What libraries print must not come between the messages.
    os.dup2(2, 1)
    order = Order.of(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_input, daemon=True).start()
    mailbox = Mailbox()
    for of in order.devices:
        DeviceWatch(of.device, of.address, of.attributes, order.period_s, order.timeout_s, mailbox).start()
    for message in messages(mailbox, lambda: True):
        output.send_bytes(message.SerializeToString())


if __name__ == "__main__":
    main()
