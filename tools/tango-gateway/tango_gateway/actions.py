"""What changes the beamline: judged, proposed, confirmed, logged, done. In this order, always."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tango
from tango import AttrDataFormat, AttrWriteType, CmdArgType

import tango_gateway_pb2 as wire

from . import values
from .audit import Audit
from .configuration import Permission
from .devices import Devices
from .proposals import Proposals, Refused

MOST_LETTERS = 80


TIMED_OUT = "API_DeviceTimedOut"


class BadRequest(Exception):
    """A request that says nothing that could be judged."""


class DoneUnlogged(Exception):
    """It was done, and the audit log has only that it was started."""


@dataclass(frozen=True)
class Caller:
    """Who asks: the owner of the token, the person that the client names, and from where."""

    client: str
    operator: str
    peer: str


@dataclass(frozen=True)
class _Judged:
    permission: Permission
    number: float | None


@dataclass(frozen=True)
class _Place:
    """An attribute before the move."""

    present: float
    value: wire.Value
    kind: CmdArgType
    unit: str
    lower: float
    upper: float


class Actions:
    """The one way to write an attribute or to run a command."""

    def __init__(self, devices: Devices, permissions: tuple[Permission, ...], proposals: Proposals, audit: Audit) -> None:
        self._devices = devices
        self._permissions = {(p.device, p.is_command, p.member): p for p in permissions}
        self._proposals = proposals
        self._audit = audit

        # From where it stands to what is written nothing else may be written there.
        self._locks = {p.device: threading.Lock() for p in permissions}

    def propose(self, caller: Caller, action: wire.Action) -> wire.Proposal:
        """First step: nothing moves, and the caller learns from where to where it would."""
        told = _told(caller, action)
        try:
            _check_operator(caller)
            judged = self._judge(action)
            place = None if judged.permission.is_command else self._place(action, judged)
            start = place.value if place else wire.Value()
            token, expires = self._proposals.issue(caller.client, caller.operator, _bytes(action), _bytes(start))
        except Refused as refusal:
            self._audit.write("refused", **told, reason=str(refusal))
            raise
        self._audit.write("proposed", **told, **_route(place))
        proposal = wire.Proposal(token=token, action=action, expires_ns=int(expires * 1e9))
        if place is not None:
            proposal.unit = place.unit
            getattr(proposal, "from").CopyFrom(place.value)
        lower, upper = (place.lower, place.upper) if place else (judged.permission.lower, judged.permission.upper)
        if lower is not None and math.isfinite(lower):
            proposal.lower = lower
        if upper is not None and math.isfinite(upper):
            proposal.upper = upper
        return proposal

    def execute(self, caller: Caller, action: wire.Action, start: wire.Value, token: str, is_wanted: Callable[[], bool]) -> wire.ExecuteReply:
        """Second step: the move, if it is still the one that was proposed, and the caller still waits for it."""
        told = _told(caller, action)
        try:
            _check_operator(caller)
            judged = self._judge(action)
        except Refused as refusal:
            self._audit.write("refused", **told, reason=str(refusal))
            raise
        with self._locks[judged.permission.device]:
            return self._execute(caller, action, start, token, is_wanted, judged, told)

    def _execute(
        self,
        caller: Caller,
        action: wire.Action,
        start: wire.Value,
        token: str,
        is_wanted: Callable[[], bool],
        judged: _Judged,
        told: dict[str, Any],
    ) -> wire.ExecuteReply:
        try:
            if judged.permission.is_confirmed:
                pending = self._proposals.take(token, caller.client, _bytes(action), _bytes(start))
                told["proposed_by"] = pending.operator
            place = None if judged.permission.is_command else self._place(action, judged)
            if place is not None:
                _check_still_there(place, start, judged.permission)
            if not is_wanted():
                raise Refused("the caller did not wait for it: nothing was moved")
        except Refused as refusal:
            self._audit.write("refused", **told, reason=str(refusal))
            raise
        told.update(_route(place))
        self._audit.write("started", **told)
        try:
            told_back = self._run(action, judged) if place is None else self._write(action, judged, place)
        except tango.DevFailed as error:
            cause = values.tango_error(error)

            # A device that does not answer may still do it.
            event = "unknown" if cause.reason == TIMED_OUT else "failed"
            self._audit.write(event, **told, reason=f"{cause.reason}: {cause.description}")
            raise
        try:
            self._audit.write("done", **told)
        except OSError as error:
            raise DoneUnlogged(f"it was done, but the audit log could not be told so: {error.strerror}") from error
        if told_back is None:
            return wire.ExecuteReply()
        try:
            result = values.result(*told_back)
        except values.UnsupportedValue as error:
            raise BadRequest(f"the command {action.command[:128]} was run, but its result cannot be told: {error}") from error
        return wire.ExecuteReply(result=result) if result is not None else wire.ExecuteReply()

    def _judge(self, action: wire.Action) -> _Judged:
        what = action.WhichOneof("what")
        if what is None:
            raise BadRequest("the action names neither an attribute nor a command")
        member = action.attribute if what == "attribute" else action.command
        name = f"{action.device[:128]}/{member[:128]}"
        permission = self._permissions.get((action.device.lower(), what == "command", member.lower()))
        if permission is None:
            raise Refused(f"the {what} {name} is not among the permissions of the gateway")
        has_value = action.HasField("value")
        number = values.scalar(action.value) if has_value else None
        if has_value and number is None:
            raise Refused(f"what {name} is to be set to is no single finite number")
        if permission.lower is None or permission.upper is None:
            if has_value:
                raise Refused(f"the command {name} may be run without an argument only")
        elif number is None:
            raise Refused(f"{name} needs a number between {permission.lower:g} and {permission.upper:g}")
        elif not permission.lower <= number <= permission.upper:
            raise Refused(f"{number:g} is outside the limits of {name}, {permission.lower:g} to {permission.upper:g}")
        return _Judged(permission, number)

    def _place(self, action: wire.Action, judged: _Judged) -> _Place:
        proxy = self._devices.proxy(action.device)
        described = proxy.get_attribute_config(judged.permission.shown_member)
        name = f"{action.device}/{described.name}"
        if described.data_format != AttrDataFormat.SCALAR or described.writable not in (AttrWriteType.READ_WRITE, AttrWriteType.READ_WITH_WRITE):
            raise Refused(f"{name} is no single value that can be read and written")
        lower = max(judged.permission.lower, limit(described.min_value, -math.inf))
        upper = min(judged.permission.upper, limit(described.max_value, math.inf))
        if not lower <= judged.number <= upper:
            raise Refused(f"{judged.number:g} is outside the device's limits of {name}, {described.min_value} to {described.max_value}")
        attribute = proxy.read_attribute(described.name)
        kind = CmdArgType.values[described.data_type]
        try:
            values.as_tango(judged.number, kind)
            told = values.reading(wire.AttributeName(), attribute)
        except values.UnsupportedValue as error:
            raise Refused(f"{name}: {error}") from error
        present = values.scalar(told.value) if told.HasField("value") else None
        if present is None:
            raise Refused(f"{name} does not tell where it is: nothing starts from an unknown position")
        return _Place(present, told.value, kind, described.unit, lower, upper)

    def _write(self, action: wire.Action, judged: _Judged, place: _Place) -> None:
        proxy = self._devices.proxy(action.device)
        proxy.write_attribute(judged.permission.shown_member, values.as_tango(judged.number, place.kind))

    def _run(self, action: wire.Action, judged: _Judged) -> tuple[Any, CmdArgType]:
        proxy = self._devices.proxy(action.device)
        described = proxy.command_query(judged.permission.shown_member)
        takes_none = described.in_type == CmdArgType.DevVoid
        if takes_none != (judged.number is None):
            needs = "takes no argument" if takes_none else f"needs an argument of the type {described.in_type}: give its permission limits"
            tango.Except.throw_exception("GATEWAY_WrongArgument", f"the command {described.cmd_name} {needs}", "Actions.execute")
        try:
            given = () if judged.number is None else (values.as_tango(judged.number, described.in_type),)
        except values.UnsupportedValue as error:
            raise BadRequest(f"the command {described.cmd_name}: {error}") from error
        return proxy.command_inout(described.cmd_name, *given), described.out_type


def limit(told: str, otherwise: float) -> float:
    """A limit of Tango's attribute configuration, which is a text."""
    try:
        return float(told)
    except ValueError:
        return otherwise


def _check_operator(caller: Caller) -> None:
    if not caller.operator.strip() or len(caller.operator) > MOST_LETTERS or not caller.operator.isprintable():
        raise Refused(f"it names no operator (1 to {MOST_LETTERS} printable letters)")


def _check_still_there(place: _Place, start: wire.Value, permission: Permission) -> None:
    proposed = values.scalar(start)
    if proposed is None or not abs(place.present - proposed) <= permission.tolerance:
        raise Refused(
            f"{permission.device}/{permission.shown_member} is at {place.present:g} and was at {proposed if proposed is None else f'{proposed:g}'}"
            " when it was proposed: propose it again"
        )


def _told(caller: Caller, action: wire.Action) -> dict[str, Any]:
    what = action.WhichOneof("what")
    return {
        "client": caller.client,
        "operator": caller.operator[:MOST_LETTERS],
        "peer": caller.peer[:128],
        "device": action.device[:256],
        **({what: getattr(action, what)[:128]} if what else {}),
        "to": values.scalar(action.value) if action.HasField("value") else None,
    }


def _route(place: _Place | None) -> dict[str, Any]:
    return {} if place is None else {"from": place.present, "unit": place.unit or None}


def _bytes(message: Any) -> bytes:
    return bytes(message.SerializeToString(deterministic=True))
