"""Stages: one class for each axis, because without a database a class is where its limits and units can stand."""

from __future__ import annotations

import threading
import time

from tango import AttReqType, AttrQuality, AttrWriteType, DevState, Except
from tango.server import Device, attribute, command

from .teller import Teller

PERIOD_S = 0.05


class Stage(Device):
    """A motor that runs at constant velocity between two soft limits.

    MOVING while it runs, ON where it stands, ALARM where it stands at a soft limit. ``Position`` is stamped with the time
    it is the position of; its quality is CHANGING while it runs. Change events: 20 Hz while it runs, and of the stop.
    """

    LOWER: float = 0.0
    UPPER: float = 0.0
    FASTEST: float = 0.0
    VELOCITY: float = 0.0

    def init_device(self) -> None:
        super().init_device()
        self._lock = threading.Lock()
        self._from = 0.0
        self._to = 0.0
        self._started_at = time.time()
        self._velocity = self._pace = self.VELOCITY
        self._told: tuple[float, DevState] | None = None
        for name in ("Position", "State"):
            self.set_change_event(name, True, False)
        self._teller = Teller(self.get_name(), PERIOD_S, self._tell)
        self._teller.start()

    def delete_device(self) -> None:
        self._teller.stop()
        super().delete_device()

    def read_position(self) -> tuple[float, float, AttrQuality]:
        now = time.time()
        with self._lock:
            position, moving = self._at(now)
        return position, now, AttrQuality.ATTR_CHANGING if moving else AttrQuality.ATTR_VALID

    def write_position(self, position: float) -> None:
        now = time.time()
        with self._lock:
            self._from, _ = self._at(now)
            self._to = position
            self._started_at = now
            self._pace = self._velocity
        self._tell()

    def is_position_allowed(self, request: AttReqType) -> bool:
        return request == AttReqType.READ_REQ or self.dev_state() != DevState.MOVING

    @attribute(dtype=float, access=AttrWriteType.READ_WRITE, doc="Speed of the next move, units of Position per second.")
    def Velocity(self) -> float:
        return self._velocity

    @Velocity.write
    def Velocity(self, velocity: float) -> None:
        if not 0 < velocity <= self.FASTEST:
            Except.throw_exception("VelocityOutsideLimit", f"the velocity {velocity} is not above 0 and at most {self.FASTEST}", "Stage.Velocity")
        if self.dev_state() == DevState.MOVING:
            Except.throw_exception("StageIsMoving", "the velocity is that of the next move: wait for the end of this one", "Stage.Velocity")
        self._velocity = velocity

    @command(doc_in="Stops where the stage is.")
    def Stop(self) -> None:
        now = time.time()
        with self._lock:
            self._from = self._to = self._at(now)[0]
            self._started_at = now
        self._tell()

    def dev_state(self) -> DevState:
        with self._lock:
            return self._state(*self._at(time.time()))

    def dev_status(self) -> str:
        with self._lock:
            position, moving = self._at(time.time())
            if moving:
                return f"moving from {self._from:g} to {self._to:g}"
        at_limit = self._state(position, moving) == DevState.ALARM
        return f"at a soft limit, {position:g}" if at_limit else f"stands at {position:g}"

    def _at(self, now: float) -> tuple[float, bool]:
        distance = self._to - self._from
        # Not the velocity that was set since: a move that is over would not be.
        travelled = self._pace * max(0.0, now - self._started_at)
        if travelled >= abs(distance):
            return self._to, False
        return self._from + (travelled if distance > 0 else -travelled), True

    def _state(self, position: float, moving: bool) -> DevState:
        if moving:
            return DevState.MOVING
        return DevState.ALARM if position in (self.LOWER, self.UPPER) else DevState.ON

    def _tell(self) -> None:
        position, at, quality = self.read_position()
        state = self._state(position, quality == AttrQuality.ATTR_CHANGING)
        if self._told != (position, state):
            self.push_change_event("Position", position, at, quality)
        if self._told is None or self._told[1] != state:
            self.set_state(state)
            self.push_change_event("State")
        self._told = (position, state)


def _position(unit: str, lower: float, upper: float) -> attribute:
    return attribute(
        dtype=float,
        access=AttrWriteType.READ_WRITE,
        unit=unit,
        format="%.6f",
        min_value=str(lower),
        max_value=str(upper),
        fget="read_position",
        fset="write_position",
        fisallowed="is_position_allowed",
        doc="Where the stage is; writing it moves the stage.",
    )


class Rotation(Stage):
    """The rotation, degrees."""

    LOWER, UPPER, FASTEST, VELOCITY = -180.0, 540.0, 360.0, 60.0
    Position = _position("deg", LOWER, UPPER)


class Translation(Stage):
    """The translation across the beam, under the rotation, mm."""

    LOWER, UPPER, FASTEST, VELOCITY = -10.0, 10.0, 20.0, 2.0
    Position = _position("mm", LOWER, UPPER)


class SampleStage(Stage):
    """A piezo stage on the rotation, µm."""

    LOWER, UPPER, FASTEST, VELOCITY = -500.0, 500.0, 1000.0, 500.0
    Position = _position("um", LOWER, UPPER)
