"""Who may call: a token in the metadata of every call."""

from __future__ import annotations

import hmac
import os
import re
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

from .audit import Audit
from .configuration import ConfigurationError

LEAST_LETTERS = 32
LARGEST_FILE_BYTES = 65536
LINE = re.compile(r"(?P<name>[A-Za-z0-9_.@-]{1,64})\s+(?P<token>[\x21-\x7e]{1,512})")


def read_tokens(file: Path) -> dict[str, bytes]:
    """Reads ``NAME TOKEN`` lines from a file that nobody but its owner can read."""
    try:
        with open(file, "rb") as opened:
            status = os.fstat(opened.fileno())
            if stat.S_IMODE(status.st_mode) & 0o077:
                raise ConfigurationError(f"the token file {file} can be read by others: chmod 600 {file}")
            content = opened.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot read the token file {file}: {error.strerror}") from error
    if len(content) > LARGEST_FILE_BYTES:
        raise ConfigurationError(f"the token file {file} is larger than {LARGEST_FILE_BYTES} bytes")
    tokens: dict[str, bytes] = {}
    for number, line in enumerate(content.decode("ascii", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.fullmatch(line.strip())
        if match is None or len(match["token"]) < LEAST_LETTERS or match["name"] in tokens:
            raise ConfigurationError(
                f"{file}, line {number}: not a NAME that is there once and a TOKEN of {LEAST_LETTERS} letters or more"
                " (openssl rand -hex 32 makes one)"
            )
        tokens[match["name"]] = match["token"].encode("ascii")
    if not tokens:
        raise ConfigurationError(f"the token file {file} has no line 'NAME TOKEN'")
    return tokens


class Access(grpc.ServerInterceptor):
    """Refuses every call whose token is not one of the file's, and logs it."""

    def __init__(self, tokens: dict[str, bytes], audit: Audit) -> None:
        self._tokens = tokens
        self._audit = audit
        self._lock = threading.Lock()
        self._logged_at = float("-inf")
        self._unlogged = 0

    def intercept_service(self, continuation: Callable[[grpc.HandlerCallDetails], Any], details: grpc.HandlerCallDetails) -> Any:
        handler = continuation(details)
        if handler is None or self.client_of(details.invocation_metadata) is not None:
            return handler
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(self._refuse)
        return grpc.unary_unary_rpc_method_handler(self._refuse)

    def client_of(self, metadata: Any) -> str | None:
        """Name of the client whose token a call carries; None for a wrong one or none.

        Compares with every token in constant time, so that the time tells nothing about any of them.
        """
        given = [value for key, value in metadata or () if key == "authorization"]
        if len(given) != 1 or not isinstance(given[0], str) or not given[0].startswith("Bearer "):
            return None
        token = given[0][len("Bearer "):].encode("utf-8", "replace")
        found = None
        for name, expected in self._tokens.items():
            if hmac.compare_digest(token, expected):
                found = name
        return found

    def _refuse(self, request: Any, context: grpc.ServicerContext) -> Any:
        # At most a line a second: whoever guesses tokens must not fill the disk.
        with self._lock:
            count = self._unlogged + 1
            is_logged = time.monotonic() - self._logged_at >= 1
            self._unlogged = 0 if is_logged else count
            if is_logged:
                self._logged_at = time.monotonic()
        if is_logged:
            self._audit.write("unauthenticated", peer=context.peer()[:128], calls=count)
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "the call has no token that the gateway knows")
