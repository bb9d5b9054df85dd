"""What was proposed and waits for its confirmation."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

MOST_WAITING = 64
MOST_REMEMBERED = 4096


@dataclass(frozen=True)
class Pending:
    """A proposal: by whom, of what, from where."""

    client: str
    operator: str
    action: bytes
    start: bytes
    expires: float


class Refused(Exception):
    """Why a token does not confirm anything."""


class Proposals:
    """Tokens that are good once, for a short time. Only their hashes are kept, so that looking one up tells nothing by its time."""

    def __init__(self, lifetime_s: float) -> None:
        self._lifetime_s = lifetime_s
        self._lock = threading.Lock()
        self._waiting: OrderedDict[bytes, Pending] = OrderedDict()
        self._used: OrderedDict[bytes, None] = OrderedDict()

    def issue(self, client: str, operator: str, action: bytes, start: bytes) -> tuple[str, float]:
        """A token, and when it expires, seconds since 1970."""
        token = secrets.token_urlsafe(32)
        now = time.monotonic()
        with self._lock:
            for key in [key for key, pending in self._waiting.items() if pending.expires < now]:
                self._retire(key)
            if len(self._waiting) >= MOST_WAITING:
                raise Refused(f"{MOST_WAITING} proposals wait for their confirmation already: confirm them or let them expire")
            self._waiting[_hash(token)] = Pending(client, operator, action, start, now + self._lifetime_s)
        return token, time.time() + self._lifetime_s

    def take(self, token: str, client: str, action: bytes, start: bytes) -> Pending:
        """Uses a token up, whatever comes of it."""
        if not token:
            raise Refused("it needs a confirmation: propose it first")
        key = _hash(token)
        with self._lock:
            if key in self._used:
                raise Refused("its confirmation was used before or has expired: propose it again")
            pending = self._waiting.get(key)
            if pending is None:
                raise Refused("its confirmation is none that the gateway gave (it may have been restarted): propose it again")
            self._retire(key)
        if pending.expires < time.monotonic():
            raise Refused("its confirmation has expired: propose it again")
        if pending.client != client:
            raise Refused(f"its confirmation was given to another client, {pending.client}")
        if pending.action != action:
            raise Refused("its confirmation is of another action: propose this one")
        if pending.start != start:
            raise Refused("its confirmation is of a move from another position: propose it again")
        return pending

    def _retire(self, key: bytes) -> None:
        self._waiting.pop(key, None)
        self._used[key] = None
        if len(self._used) > MOST_REMEMBERED:
            self._used.popitem(last=False)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
