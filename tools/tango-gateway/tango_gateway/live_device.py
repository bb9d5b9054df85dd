"""The results as a Tango device, for every Tango and BLISS client."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

import tango
from tango import AttrQuality, DevState
from tango.server import Device, attribute

import tango_gateway_pb2 as wire

from . import values

MOST_CANDIDATES = 16
TICK_S = 0.5


class LiveBoard:
    """The newest status of the processing, between the gRPC side that writes it and the device that shows it."""

    def __init__(self, stale_after_s: float) -> None:
        self.stale_after_s = stale_after_s
        self._lock = threading.Lock()
        self._status: wire.LiveStatus | None = None
        self._told_at = 0.0
        self._heard = float("-inf")
        self.changed = threading.Event()

    def show(self, status: wire.LiveStatus) -> None:
        with self._lock:
            self._status = status
            self._told_at = time.time()
            self._heard = time.monotonic()
        self.changed.set()

    def read(self) -> tuple[wire.LiveStatus, float, bool]:
        """The newest status, when it was told (seconds since 1970), and whether it is too old to be acted on."""
        with self._lock:
            is_stale = time.monotonic() - self._heard > self.stale_after_s
            return self._status or wire.LiveStatus(), self._told_at, is_stale


class XrdCtLive(Device):
    """Live processing of X-ray diffraction CT: how the scan stands, where the region of interest could go, whether to stop.

    State: STANDBY (waiting for a scan), RUNNING, ON (complete), ALARM (ended incomplete), FAULT (failed), UNKNOWN (the
    processing tells nothing any more; every attribute is INVALID then, so that no script acts on an old stop signal).
    """

    board: LiveBoard

    def init_device(self) -> None:
        super().init_device()
        self._shown: dict[str, Any] = {}
        for name in (*SHOWN, "State", "Status"):
            self.set_change_event(name, True, False)
        self._refresh_state()
        self._stopped = threading.Event()

        # Init makes another event for another thread: this one ends by its own.
        threading.Thread(target=self._tell, args=(self._stopped,), name="live device", daemon=True).start()

    def delete_device(self) -> None:
        self._stopped.set()
        self.board.changed.set()
        super().delete_device()

    def always_executed_hook(self) -> None:
        self._refresh_state()

    def _refresh_state(self) -> None:
        status, told_at, is_stale = self.board.read()
        if is_stale:
            since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(told_at)) if told_at else "the start of the gateway"
            self.set_state(DevState.UNKNOWN)
            self.set_status(f"XrdCt.Live has told nothing since {since}")
        else:
            self.set_state(values.state_from(status.state))
            self.set_status(status.message or status.phase or "all is well")

    def _answer(self, name: str) -> tuple[Any, float, AttrQuality]:
        status, told_at, is_stale = self.board.read()
        return SHOWN[name](status), told_at, AttrQuality.ATTR_INVALID if is_stale else AttrQuality.ATTR_VALID

    def _tell(self, stopped: threading.Event) -> None:
        with tango.EnsureOmniThread():
            while not stopped.is_set():
                self.board.changed.wait(TICK_S)
                self.board.changed.clear()
                self._tell_changes()

    def _tell_changes(self) -> None:
        with tango.AutoTangoMonitor(self):
            self._refresh_state()
            told = (self.get_state(), self.get_status())
            if self._shown.get("State") != told:
                self._shown["State"] = told
                self.push_change_event("State")
                self.push_change_event("Status")
            for name in SHOWN:
                value, at, quality = self._answer(name)
                shown = (list(value) if isinstance(value, list) else value, quality)
                if repr(self._shown.get(name)) != repr(shown):
                    self._shown[name] = shown
                    self.push_change_event(name, value, at, quality)


def _of_candidates(member: str) -> Any:
    return lambda status: [getattr(candidate, member) for candidate in status.candidates[:MOST_CANDIDATES]]


def _score_sigma(candidate: wire.Candidate) -> float:
    # A client that does not know the field tells nothing, which is not 0.
    return candidate.score_sigma if candidate.HasField("score_sigma") else math.nan


SHOWN: dict[str, Any] = {
    "Phase": lambda status: status.phase,
    "Title": lambda status: status.title,
    "Message": lambda status: status.message,
    "FramesPlaced": lambda status: status.frames_placed,
    "Cells": lambda status: status.cells,
    "Rate_Hz": lambda status: status.rate_hz,
    "Coverage": lambda status: status.coverage,
    "WidestGap_deg": lambda status: status.widest_gap_deg,
    "Confidence": lambda status: status.confidence,
    "ConfidenceText": lambda status: status.confidence_text,
    "RoiX_um": _of_candidates("x_um"),
    "RoiY_um": _of_candidates("y_um"),
    "RoiRadius_um": _of_candidates("radius_um"),
    "RoiMaterialFraction": _of_candidates("material_fraction"),
    "RoiEdgeDistance_um": _of_candidates("edge_distance_um"),
    "RoiScore": _of_candidates("score"),
    "RoiScoreSigma": lambda status: [_score_sigma(candidate) for candidate in status.candidates[:MOST_CANDIDATES]],
    "RoiText": lambda status: status.candidates_text,
    "MayStop": lambda status: status.may_stop,
    "StopReason": lambda status: status.stop_reason,
    "SavedPath": lambda status: status.saved_path,
}

_TEXTS = {"Phase", "Title", "Message", "ConfidenceText", "RoiText", "StopReason", "SavedPath"}
_COUNTS = {"FramesPlaced", "Cells"}
_UNITS = {"Rate_Hz": "Hz", "WidestGap_deg": "deg", "RoiX_um": "um", "RoiY_um": "um", "RoiRadius_um": "um", "RoiEdgeDistance_um": "um"}
_DOCS = {
    "Coverage": "Share of the planned projections that is measured, 0 to 1.",
    "WidestGap_deg": "Widest angle without a projection, modulo 180 degrees.",
    "Confidence": "Correlation that the slice is estimated to have with the true one, 0 to 1; NaN before there is one.",
    "RoiX_um": "Centres of the suggested regions of interest, sample x, best first.",
    "RoiY_um": "Centres of the suggested regions of interest, sample y, best first.",
    "RoiScore": "0 to 1; higher is better.",
    "RoiScoreSigma": "Standard uncertainty of RoiScore; NaN where it is not known.",
    "MayStop": "Whether more of this scan would not change where the region of interest goes.",
}


def _attribute(name: str) -> attribute:
    kind: Any = str if name in _TEXTS else "DevULong64" if name in _COUNTS else bool if name == "MayStop" else float
    is_list = name.startswith("Roi") and name not in _TEXTS
    return attribute(
        dtype=(kind,) if is_list else kind,
        max_dim_x=MOST_CANDIDATES if is_list else 1,
        unit=_UNITS.get(name, ""),
        doc=_DOCS.get(name, ""),
        fget=lambda device: device._answer(name),
    )


def device_class(board: LiveBoard) -> type[XrdCtLive]:
    """The class with its attributes: they are many and all alike."""
    return type("XrdCtLive", (XrdCtLive,), {"board": board, **{name: _attribute(name) for name in SHOWN}})
