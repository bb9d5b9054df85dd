"""The audit log: one JSON object a line, appended and synced before anything moves."""

from __future__ import annotations

import errno
import json
import math
import os
import threading
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from .configuration import ConfigurationError


class Audit:
    """Appends to a file that is never rewritten. Where it cannot be written, nothing may move: ``write`` raises OSError."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._is_cut = False
        try:
            self._descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(f"cannot write the audit file {file}: {error.strerror}") from error

    def write(self, event: str, **details: Any) -> None:
        """Writes one line: the time, what happened, and what is told of it; returns when the disk has it."""
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        told = {key: _told(value) for key, value in details.items() if value is not None}
        line = json.dumps({"time": now, "event": event, **told}, ensure_ascii=True, allow_nan=False) + "\n"
        with self._lock:
            # One write of a line: another process that appends to the same file cannot come between. A full disk takes a part of it without an error.
            data = (("\n" if self._is_cut else "") + line).encode("ascii")
            self._is_cut = os.write(self._descriptor, data) != len(data)
            if self._is_cut:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._descriptor)


def _told(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
