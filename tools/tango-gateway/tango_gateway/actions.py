"""What changes the beamline: judged, proposed, confirmed, logged, done. In this order, always."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tango
from tango import AttrDataFormat, AttrWriteType, CmdArgType, DevState

import tango_gateway_pb2 as wire

from . import values
from .audit import Audit
from .configuration import Permission
from .devices import Devices
from .proposals import Proposals, Refused

MOST_LETTERS = 80

# A stage that is on its way, broken, being started or locked is given no other target. Commands (Stop) are not asked for the state.
BUSY = {DevState.MOVING, DevState.FAULT, DevState.INIT, DevState.DISABLE}

# Of libtango and CORBA: it was sent, and no answer came. TRANSIENT_ConnectFailed is none of them: that was never sent.
UNANSWERED = ("API_DeviceTimedOut", "COMM_FAILURE", "CallTimedout")


class BadRequest(Exception):
    """A request that says nothing that could be judged."""


class OutcomeUnknown(Exception):
    """It was sent to the device, which did not answer: it may have done it, or may do it yet."""


class DoneUntold(Exception):
    """It was done, and something of it could not be told: its result, or to the audit log."""


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
    described: tango.AttributeInfoEx
    lower: float
    upper: float

    @property
    def kind(self) -> CmdArgType:
        return CmdArgType.values[self.described.data_type]


@dataclass(frozen=True)
class _Run:
    """A command as it is to be run."""

    name: str
    arguments: tuple[Any, ...]
    kind_of_result: CmdArgType


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
            place = None if judged.permission.is_command else self._place(self._devices.proxy(action.device), action, judged)
            start = place.value if place else wire.Value()
            token, expires = self._proposals.issue(caller.client, caller.operator, _bytes(action), _bytes(start))
        except Refused as refusal:
            self._audit.write("refused", **told, reason=str(refusal))
            raise
        self._audit.write("proposed", **told, **_route(place))
        proposal = wire.Proposal(token=token, action=action, expires_ns=int(expires * 1e9))
        if place is not None:
            proposal.unit = place.described.unit
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
            proxy = self._devices.mover(action.device)
            prepared = self._prepare(proxy, judged) if judged.permission.is_command else self._place(proxy, action, judged)
            place = prepared if isinstance(prepared, _Place) else None
            if place is not None:
                _check_still_there(place, start, judged.permission)
            if not is_wanted():
                raise Refused("the caller did not wait for it: nothing was moved")
        except Refused as refusal:
            self._audit.write("refused", **told, reason=str(refusal))
            raise
        except tango.DevFailed as error:
            self._audit.write("failed", **told, reason=f"nothing was started: {_sentence(error)}")
            raise
        told.update(_route(place))
        self._audit.write("started", **told)
        try:
            told_back = self._do(proxy, judged, prepared)
        except tango.DevFailed as error:
            if not _is_unanswered(error):
                self._log_end("failed", told, _sentence(error))
                raise
            self._log_end("unknown", told, _sentence(error))
            raise OutcomeUnknown(_sentence(error)) from error
        except Exception as error:
            # Of PyTango, before the call or after it: nobody knows.
            self._log_end("unknown", told, f"{type(error).__name__}: {error}")
            raise OutcomeUnknown(f"{type(error).__name__}: {error}") from error
        try:
            self._audit.write("done", **told)
        except OSError as error:
            raise DoneUntold(f"it was done, but the audit log could not be told so: {error.strerror}") from error
        if isinstance(prepared, _Place):
            return wire.ExecuteReply()
        try:
            result = values.result(told_back, prepared.kind_of_result)
        except values.UnsupportedValue as error:
            raise DoneUntold(f"the command {action.command[:128]} was run, but its result cannot be told: {error}") from error
        return wire.ExecuteReply(result=result) if result is not None else wire.ExecuteReply()

    def _log_end(self, event: str, told: dict[str, Any], reason: str) -> None:
        """Logs how something ended that was started; a log that cannot be written does not hide it from the caller."""
        try:
            self._audit.write(event, **told, reason=reason)
        except OSError as error:
            print(f"tango-gateway: the audit log could not be told '{event}': {error.strerror}", file=sys.stderr, flush=True)

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

    def _place(self, proxy: tango.DeviceProxy, action: wire.Action, judged: _Judged) -> _Place:
        described = proxy.get_attribute_config(judged.permission.shown_member)
        name = f"{action.device}/{described.name}"
        if described.data_format != AttrDataFormat.SCALAR or described.writable not in (AttrWriteType.READ_WRITE, AttrWriteType.READ_WITH_WRITE):
            raise Refused(f"{name} is no single value that can be read and written")
        lower = max(judged.permission.lower, limit(described.min_value, -math.inf))
        upper = min(judged.permission.upper, limit(described.max_value, math.inf))
        if not lower <= judged.number <= upper:
            raise Refused(f"{judged.number:g} is outside the device's limits of {name}, {described.min_value} to {described.max_value}")
        attribute, state = proxy.read_attributes([described.name, "State"])
        _check_ready(name, state)
        if attribute.has_failed:
            raise tango.DevFailed(*attribute.get_err_stack())
        try:
            values.as_tango(judged.number, CmdArgType.values[described.data_type])
            told = values.reading(wire.AttributeName(), attribute)
        except values.UnsupportedValue as error:
            raise Refused(f"{name}: {error}") from error
        present = values.scalar(told.value) if told.HasField("value") else None
        if present is None:
            raise Refused(f"{name} does not tell where it is: nothing starts from an unknown position")
        return _Place(present, told.value, described, lower, upper)

    def _do(self, proxy: tango.DeviceProxy, judged: _Judged, prepared: _Place | _Run) -> Any:
        # libtango repeats what it got no answer for when the connection broke: it would be done twice, or told as never sent.
        proxy.set_transparency_reconnection(False)
        try:
            if isinstance(prepared, _Run):
                return proxy.command_inout(prepared.name, *prepared.arguments)

            # With its description: PyTango would ask for that by another call, and take a device that is gone for one of no format.
            return proxy.write_attribute(prepared.described, values.as_tango(judged.number, prepared.kind))
        finally:
            proxy.set_transparency_reconnection(True)

    def _prepare(self, proxy: tango.DeviceProxy, judged: _Judged) -> _Run:
        described = proxy.command_query(judged.permission.shown_member)
        takes_none = described.in_type == CmdArgType.DevVoid
        if takes_none != (judged.number is None):
            needs = "takes no argument" if takes_none else f"needs an argument of the type {described.in_type}: give its permission limits"
            tango.Except.throw_exception("GATEWAY_WrongArgument", f"the command {described.cmd_name} {needs}", "Actions.execute")
        try:
            given = () if judged.number is None else (values.as_tango(judged.number, described.in_type),)
        except values.UnsupportedValue as error:
            raise Refused(f"the command {described.cmd_name}: {error}") from error
        return _Run(described.cmd_name, given, described.out_type)


def limit(told: str, otherwise: float) -> float:
    """A limit of Tango's attribute configuration, which is a text."""
    try:
        return float(told)
    except ValueError:
        return otherwise


def _check_operator(caller: Caller) -> None:
    if not caller.operator.strip() or len(caller.operator) > MOST_LETTERS or not caller.operator.isprintable():
        raise Refused(f"it names no operator (1 to {MOST_LETTERS} printable letters)")


def _check_ready(name: str, state: tango.DeviceAttribute) -> None:
    if state.has_failed:
        error = values.tango_error(tango.DevFailed(*state.get_err_stack()))

        # A device may have none.
        if error.reason != "API_AttrNotFound":
            raise Refused(f"{name} cannot be written: its device does not tell its state ({error.reason}: {error.description})")
    elif state.value in BUSY:
        raise Refused(f"{name} cannot be written now: its device is {state.value}")


def _is_unanswered(error: tango.DevFailed) -> bool:
    causes = (cause for cause in error.args if isinstance(cause, tango.DevError))
    return any(sign in cause.reason or (cause.reason == "API_CorbaException" and sign in cause.desc) for cause in causes for sign in UNANSWERED)


def _sentence(error: tango.DevFailed) -> str:
    cause = values.tango_error(error)
    return f"{cause.reason}: {cause.description}"


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
    return {} if place is None else {"from": place.present, "unit": place.described.unit or None}


def _bytes(message: Any) -> bytes:
    return bytes(message.SerializeToString(deterministic=True))
