"""Values between Tango and the wire."""

from __future__ import annotations

import math
from typing import Any

import numpy
import tango
from tango import AttrDataFormat, AttrQuality, CmdArgType

import tango_gateway_pb2 as wire

# 0.5 MB of numbers: more than any position, and less than an image.
MOST_ITEMS = 65536
MOST_LETTERS = 65536


_INTEGERS = {
    CmdArgType.DevShort, CmdArgType.DevLong, CmdArgType.DevLong64, CmdArgType.DevUChar, CmdArgType.DevUShort,
    CmdArgType.DevULong, CmdArgType.DevEnum,
}
_NUMBERS = {CmdArgType.DevDouble, CmdArgType.DevFloat}

# Of arguments and results of commands.
_ELEMENTS = {
    CmdArgType.DevVarDoubleArray: CmdArgType.DevDouble, CmdArgType.DevVarFloatArray: CmdArgType.DevFloat,
    CmdArgType.DevVarShortArray: CmdArgType.DevShort, CmdArgType.DevVarLongArray: CmdArgType.DevLong,
    CmdArgType.DevVarLong64Array: CmdArgType.DevLong64, CmdArgType.DevVarCharArray: CmdArgType.DevUChar,
    CmdArgType.DevVarUShortArray: CmdArgType.DevUShort, CmdArgType.DevVarULongArray: CmdArgType.DevULong,
    CmdArgType.DevVarULong64Array: CmdArgType.DevULong64, CmdArgType.DevVarStringArray: CmdArgType.DevString,
    CmdArgType.DevVarBooleanArray: CmdArgType.DevBoolean, CmdArgType.ConstDevString: CmdArgType.DevString,
}

QUALITIES = {
    AttrQuality.ATTR_VALID: wire.QUALITY_VALID,
    AttrQuality.ATTR_INVALID: wire.QUALITY_INVALID,
    AttrQuality.ATTR_ALARM: wire.QUALITY_ALARM,
    AttrQuality.ATTR_CHANGING: wire.QUALITY_CHANGING,
    AttrQuality.ATTR_WARNING: wire.QUALITY_WARNING,
}


class UnsupportedValue(Exception):
    """A value that does not go over the wire: its type, or its size."""


def state(of: tango.DevState) -> int:
    """Tango's states count from 0, those of the wire from 1."""
    return int(of) + 1


def state_from(told: int) -> tango.DevState:
    """A state of the wire; UNKNOWN for one that Tango has not."""
    return tango.DevState.values.get(told - 1, tango.DevState.UNKNOWN)


def time_ns(of: tango.TimeVal) -> int:
    return of.tv_sec * 1_000_000_000 + of.tv_usec * 1000 + of.tv_nsec


def reading(name: wire.AttributeName, attribute: tango.DeviceAttribute, is_event: bool = False) -> wire.AttributeReading:
    """What Tango tells of an attribute."""
    if attribute.has_failed:
        return failed(name, tango.DevFailed(*attribute.get_err_stack()))
    told = wire.AttributeReading(
        name=name, quality=QUALITIES.get(attribute.quality, wire.QUALITY_INVALID), time_ns=time_ns(attribute.time), is_event=is_event
    )
    try:
        if attribute.quality != AttrQuality.ATTR_INVALID and attribute.value is not None:
            told.value.CopyFrom(value(attribute.value, attribute.type, attribute.data_format))
        if attribute.w_value is not None:
            told.set_value.CopyFrom(value(attribute.w_value, attribute.type, attribute.data_format))
    except UnsupportedValue as error:
        return _without_value(name, "GATEWAY_UnsupportedValue", str(error))
    return told


def failed(name: wire.AttributeName, error: tango.DevFailed) -> wire.AttributeReading:
    """A reading that did not come."""
    return wire.AttributeReading(name=name, quality=wire.QUALITY_INVALID, error=tango_error(error))


def unknown(name: wire.AttributeName, sentence: str) -> wire.AttributeReading:
    """A reading of a device that the gateway does not know."""
    return _without_value(name, "GATEWAY_UnknownDevice", sentence)


def broken(name: wire.AttributeName, sentence: str) -> wire.AttributeReading:
    """A reading of an attribute whose subscription has broken."""
    return _without_value(name, "GATEWAY_SubscriptionBroken", sentence)


def _without_value(name: wire.AttributeName, reason: str, sentence: str) -> wire.AttributeReading:
    error = wire.TangoError(reason=reason, description=sentence)
    return wire.AttributeReading(name=name, quality=wire.QUALITY_INVALID, error=error)


def tango_error(error: tango.DevFailed) -> wire.TangoError:
    """The innermost error of a stack, which is the cause; CORBA's own names only where Tango says nothing about them."""
    causes = [cause for cause in error.args if isinstance(cause, tango.DevError)]
    for cause in [*(cause for cause in causes if cause.reason != "API_CorbaException"), *causes]:
        return wire.TangoError(reason=cause.reason[:256], description=" ".join(cause.desc.split())[:1024])
    return wire.TangoError(reason="API_UnknownError", description=str(error)[:1024])


def value(items: Any, kind: CmdArgType, data_format: AttrDataFormat) -> wire.Value:
    """A value of an attribute."""
    is_scalar = data_format == AttrDataFormat.SCALAR
    array = numpy.asarray([items] if is_scalar else items, dtype=object if kind in (CmdArgType.DevString, CmdArgType.DevState) else None)
    if array.size > MOST_ITEMS:
        raise UnsupportedValue(f"{array.size} items are more than the {MOST_ITEMS} that go over the wire")
    told = wire.Value()
    flat = array.ravel().tolist()
    if kind in _NUMBERS:
        told.numbers.items.extend(flat)
    elif kind in _INTEGERS:
        told.integers.items.extend(int(item) for item in flat)
    elif kind == CmdArgType.DevULong64:
        told.naturals.items.extend(int(item) for item in flat)
    elif kind == CmdArgType.DevBoolean:
        told.truths.items.extend(bool(item) for item in flat)
    elif kind == CmdArgType.DevString:
        if sum(len(item) for item in flat) > MOST_LETTERS:
            raise UnsupportedValue(f"the text is longer than the {MOST_LETTERS} letters that go over the wire")
        # An empty list would leave the kind untold: the field is set by hand.
        told.texts.SetInParent()
        told.texts.items.extend(flat)
    elif kind == CmdArgType.DevState:
        told.states.items.extend(state(item) for item in flat)
    else:
        raise UnsupportedValue(f"values of the type {kind} do not go over the wire")
    if not is_scalar:
        told.columns = array.shape[-1] if array.ndim else 0
        told.rows = array.shape[0] if array.ndim == 2 else 0
    return told


def result(of: Any, kind: CmdArgType) -> wire.Value | None:
    """What a command gave back."""
    if kind == CmdArgType.DevVoid:
        return None
    is_scalar = kind not in _ELEMENTS or kind == CmdArgType.ConstDevString
    return value(of, _ELEMENTS.get(kind, kind), AttrDataFormat.SCALAR if is_scalar else AttrDataFormat.SPECTRUM)


def scalar(told: wire.Value) -> float | None:
    """The one number that a value is (a truth is 0 or 1); None where it is none."""
    kind = told.WhichOneof("items")
    if kind not in ("numbers", "integers", "naturals", "truths") or told.columns or told.rows:
        return None
    items = getattr(told, kind).items
    if len(items) != 1 or (kind == "numbers" and not math.isfinite(items[0])):
        return None
    return float(items[0])


def as_tango(number: float, kind: CmdArgType) -> float | int | bool:
    """A number as what Tango wants; raises UnsupportedValue where it is not one of that type."""
    if kind in _NUMBERS:
        return number
    if kind == CmdArgType.DevBoolean and number in (0.0, 1.0):
        return bool(number)
    if (kind in _INTEGERS or kind == CmdArgType.DevULong64) and number == int(number) and abs(number) <= 2**53:
        return int(number)
    raise UnsupportedValue(f"{number:g} is no value of the type {kind}")
