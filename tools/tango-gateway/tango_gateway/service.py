"""The gRPC service."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import tango
from tango import AttrDataFormat, AttrWriteType, CmdArgType

import tango_gateway_pb2 as wire
import tango_gateway_pb2_grpc as wire_grpc

from . import VERSION, values
from .access import Access
from .actions import Actions, BadRequest, Caller, DoneUntold, OutcomeUnknown, limit
from .configuration import Configuration
from .devices import Devices, UnknownDevice
from .follower import Followed
from .live_device import MOST_CANDIDATES, LiveBoard
from .mailbox import Mailbox, messages
from .proposals import Refused
from .subscription import subscriptions

MOST_ATTRIBUTES = 64
MOST_SUBSCRIPTIONS = 8
MOST_DEVICES = 4096

# Of one call: each has a process, of 60 MB.
MOST_FOLLOWERS = 16


def _answers(handle: Callable[..., Any]) -> Callable[..., Any]:
    """What goes wrong, as gRPC's status and one sentence."""

    @functools.wraps(handle)
    def answer(self: Gateway, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            with tango.EnsureOmniThread():
                return handle(self, request, context)
        except Refused as error:
            status, sentence = grpc.StatusCode.PERMISSION_DENIED, str(error)
        except UnknownDevice as error:
            status, sentence = grpc.StatusCode.NOT_FOUND, str(error)
        except (BadRequest, values.UnsupportedValue) as error:
            status, sentence = grpc.StatusCode.INVALID_ARGUMENT, str(error)
        except tango.DevFailed as error:
            cause = values.tango_error(error)
            status, sentence = grpc.StatusCode.FAILED_PRECONDITION, f"{cause.reason}: {cause.description}"
        except OutcomeUnknown as error:
            status, sentence = grpc.StatusCode.UNKNOWN, str(error)
        except DoneUntold as error:
            status, sentence = grpc.StatusCode.DATA_LOSS, str(error)
        except OSError as error:
            status, sentence = grpc.StatusCode.INTERNAL, f"the audit log cannot be written, so nothing may move: {error.strerror}"
        context.abort(status, sentence)

    return answer


class Gateway(wire_grpc.TangoGatewayServicer):
    """Answers the calls of tango_gateway.proto."""

    def __init__(
        self, configuration: Configuration, access: Access, devices: Devices, actions: Actions, board: LiveBoard | None
    ) -> None:
        self._configuration = configuration
        self._access = access
        self._devices = devices
        self._actions = actions
        self._board = board
        self._started_ns = time.time_ns()
        self._subscriptions = threading.BoundedSemaphore(MOST_SUBSCRIPTIONS)

    @_answers
    def Describe(self, request: wire.DescribeRequest, context: grpc.ServicerContext) -> wire.GatewayDescription:
        described = wire.GatewayDescription(
            version=VERSION,
            tango_version=tango.__version__,
            tango_host=self._configuration.tango_host or "",
            live_device=self._configuration.live_device.name if self._configuration.live_device else "",
            confirmation_s=self._configuration.confirmation_s,
            started_ns=self._started_ns,
            client=self._client(context),
        )
        for permission in self._configuration.permissions:
            told = described.permissions.add(device=permission.device, confirmed=permission.is_confirmed)
            setattr(told, "command" if permission.is_command else "attribute", permission.shown_member)
            if permission.lower is not None and permission.upper is not None:
                told.lower, told.upper = permission.lower, permission.upper
        return described

    @_answers
    def ListDevices(self, request: wire.ListDevicesRequest, context: grpc.ServicerContext) -> wire.DeviceList:
        if len(request.pattern) > 255:
            raise BadRequest("the pattern is longer than 255 letters")
        names = self._devices.names(request.pattern)
        return wire.DeviceList(devices=names[:MOST_DEVICES], is_cut=len(names) > MOST_DEVICES)

    @_answers
    def DescribeDevice(self, request: wire.DescribeDeviceRequest, context: grpc.ServicerContext) -> wire.DeviceDescription:
        proxy = self._devices.proxy(request.device)
        info = proxy.info()
        described = wire.DeviceDescription(
            device=request.device,
            tango_name=proxy.dev_name(),
            device_class=info.dev_class,
            server=info.server_id,
            state=values.state(proxy.state()),
            status=proxy.status()[:4096],
        )
        for config in proxy.get_attribute_config([tango.constants.AllAttr]):
            described.attributes.append(_describe(config))
        for config in proxy.command_list_query():
            described.commands.add(name=config.cmd_name, argument_type=str(config.in_type), result_type=str(config.out_type))
        return described

    @_answers
    def Read(self, request: wire.ReadRequest, context: grpc.ServicerContext) -> wire.ReadReply:
        reply = wire.ReadReply()
        by_device = _by_device(request.attributes)
        found: dict[tuple[str, str], wire.AttributeReading] = {}
        for device, attributes in by_device.items():
            for name, reading in zip(attributes, self._read(device, attributes)):
                found[device, name] = reading
        reply.readings.extend(found[name.device, name.attribute] for name in request.attributes)
        return reply

    def Subscribe(self, request: wire.SubscribeRequest, context: grpc.ServicerContext) -> Iterator[wire.SubscriptionMessage]:
        mailbox = Mailbox()
        try:
            followed = [
                Followed(device, self._devices.address(device), tuple(names)) for device, names in _by_device(request.attributes).items()
            ]
            running = subscriptions(followed, request.period_ms / 1000, self._configuration.device_timeout_s, mailbox)
            if len(running) > MOST_FOLLOWERS:
                raise BadRequest(f"the attributes are of more than {MOST_FOLLOWERS} devices without a database: follow fewer, or use one")
        except BadRequest as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except UnknownDevice as error:
            context.abort(grpc.StatusCode.NOT_FOUND, str(error))
        if not self._subscriptions.acquire(blocking=False):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{MOST_SUBSCRIPTIONS} subscriptions run already")
        try:
            for subscription in running:
                subscription.start()
            yield from messages(mailbox, context.is_active)
        finally:
            for subscription in running:
                subscription.stop()
            self._subscriptions.release()

    @_answers
    def Propose(self, request: wire.ProposeRequest, context: grpc.ServicerContext) -> wire.Proposal:
        return self._actions.propose(self._caller(context, request.operator), request.action)

    @_answers
    def Execute(self, request: wire.ExecuteRequest, context: grpc.ServicerContext) -> wire.ExecuteReply:
        start = getattr(request, "from")
        return self._actions.execute(self._caller(context, request.operator), request.action, start, request.token, context.is_active)

    @_answers
    def ShowStatus(self, request: wire.LiveStatus, context: grpc.ServicerContext) -> wire.ShowStatusReply:
        if self._board is None:
            raise BadRequest("the gateway offers no device for results: live_device: is not in its configuration")
        if len(request.candidates) > MOST_CANDIDATES:
            raise BadRequest(f"{len(request.candidates)} candidates are more than {MOST_CANDIDATES}")
        if any(len(text) > values.MOST_LETTERS for text in (request.title, request.message, request.confidence_text)):
            raise BadRequest(f"a text is longer than {values.MOST_LETTERS} letters")
        self._board.show(request)
        return wire.ShowStatusReply()

    def _read(self, device: str, attributes: list[str]) -> list[wire.AttributeReading]:
        names = [wire.AttributeName(device=device, attribute=attribute) for attribute in attributes]
        try:
            told = self._devices.proxy(device).read_attributes(attributes)
            return [values.reading(name, attribute) for name, attribute in zip(names, told)]
        except tango.DevFailed as error:
            return [values.failed(name, error) for name in names]
        except UnknownDevice as error:
            return [values.unknown(name, str(error)) for name in names]

    def _client(self, context: grpc.ServicerContext) -> str:
        return self._access.client_of(context.invocation_metadata()) or ""

    def _caller(self, context: grpc.ServicerContext, operator: str) -> Caller:
        return Caller(self._client(context), operator, context.peer())


def _by_device(names: Any) -> dict[str, list[str]]:
    if not 0 < len(names) <= MOST_ATTRIBUTES:
        raise BadRequest(f"{len(names)} attributes are asked for; 1 to {MOST_ATTRIBUTES} are possible")
    found: dict[str, list[str]] = {}
    for name in names:
        if len(name.attribute) > 128 or not name.attribute.isidentifier():
            raise BadRequest(f"'{name.attribute[:128]}' is no name of an attribute")
        attributes = found.setdefault(name.device, [])
        if name.attribute not in attributes:
            attributes.append(name.attribute)
    return found


def _describe(config: tango.AttributeInfoEx) -> wire.AttributeDescription:
    told = wire.AttributeDescription(
        name=config.name,
        label=config.label[:256],
        unit=config.unit[:64],
        description=config.description[:1024],
        data_type=str(CmdArgType.values[config.data_type]),
        data_format={AttrDataFormat.SCALAR: "SCALAR", AttrDataFormat.SPECTRUM: "SPECTRUM"}.get(config.data_format, "IMAGE"),
        is_writable=config.writable != AttrWriteType.READ,
    )
    lower, upper = limit(config.min_value, float("nan")), limit(config.max_value, float("nan"))
    if lower == lower:
        told.lower = lower
    if upper == upper:
        told.upper = upper
    return told
