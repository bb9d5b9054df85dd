"""The gateway's configuration: a YAML file, checked whole before anything starts."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ALIAS = re.compile(r"[A-Za-z0-9_.-]{1,64}")
TANGO_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}/[A-Za-z0-9_.-]{1,64}/[A-Za-z0-9_.-]{1,64}")
MEMBER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
SERVER_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}/[A-Za-z0-9_-]{1,64}")


class ConfigurationError(Exception):
    """Something the user can put right: one sentence that names the file and the key."""


@dataclass(frozen=True)
class Tls:
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Permission:
    """Something that may be written or run, and how far. Names are in lower case: Tango does not tell a from A."""

    device: str
    member: str
    is_command: bool
    lower: float | None
    upper: float | None
    tolerance: float
    is_confirmed: bool
    shown_member: str


@dataclass(frozen=True)
class LiveDeviceOptions:
    name: str
    server: str
    host: str
    port: int
    stale_after_s: float


@dataclass(frozen=True)
class Configuration:
    host: str
    port: int
    tls: Tls | None
    token_file: Path
    audit_file: Path
    tango_host: str | None
    devices: dict[str, str]
    permissions: tuple[Permission, ...]
    confirmation_s: float
    device_timeout_s: float
    live_device: LiveDeviceOptions | None


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands twice; PyYAML lets the last one win silently."""


def _mapping_without_repeats(loader: _Loader, node: yaml.MappingNode) -> dict[Hashable, Any]:
    seen: dict[Hashable, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable) or key in seen:
            raise yaml.MarkedYAMLError(problem=f"the key '{key}' stands twice", problem_mark=key_node.start_mark)
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)


class _Section:
    """A mapping of the file: every key is taken once, and what is left over is an error."""

    def __init__(self, values: Any, file: Path, path: str) -> None:
        self.file = file
        self.path = path
        if not isinstance(values, dict):
            raise self.error("is not a mapping of keys and values")
        self._left = dict(values)

    def error(self, sentence: str, key: str = "") -> ConfigurationError:
        place = ".".join(p for p in (self.path, key) if p)
        return ConfigurationError(f"{self.file}: {place + ' ' if place else ''}{sentence}")

    def has(self, key: str) -> bool:
        return key in self._left

    def take(self, key: str, kind: type, default: Any = None) -> Any:
        if key not in self._left:
            if default is None:
                raise self.error("is missing", key)
            return default
        value = self._left.pop(key)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            names = {str: "a text", float: "a number", int: "a whole number", bool: "true or false", list: "a list", dict: "a mapping"}
            raise self.error(f"is not {names[kind]}: '{value}'", key)
        return value

    def number(self, key: str, least: float, most: float, default: float | None = None) -> float:
        value = self.take(key, float, default)
        if not least <= value <= most:
            raise self.error(f"must lie between {least:g} and {most:g}: {value:g}", key)
        return float(value)

    def text(self, key: str, pattern: re.Pattern[str], example: str, default: str | None = None) -> str:
        value = self.take(key, str, default)
        if not pattern.fullmatch(value):
            raise self.error(f"'{value}' is not of the form {example}", key)
        return str(value)

    def section(self, key: str) -> _Section:
        return _Section(self._left.pop(key), self.file, key)

    def each(self, key: str) -> list[_Section]:
        return [_Section(item, self.file, f"{key}[{n}]") for n, item in enumerate(self.take(key, list, []))]

    def close(self, known: str) -> None:
        if self._left:
            raise self.error(f"is not known; known are {known}", str(next(iter(self._left))))


def read(file: Path) -> Configuration:
    """Reads a configuration. Paths in it are relative to the file."""
    try:
        values = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise ConfigurationError(f"cannot read the configuration {file}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: {str(error).replace(chr(10), ' ')}") from error
    top = _Section(values, file, "")
    host, port = _listen(top)
    tls = _tls(top)
    if tls is None and not _is_loopback(host):
        raise top.error(
            f"'{host}' is reached from other machines: give tls.certificate and tls.key, or listen on 127.0.0.1", "listen"
        )
    devices = _devices(top)
    configuration = Configuration(
        host=host,
        port=port,
        tls=tls,
        token_file=_path(top, "token_file"),
        audit_file=_path(top, "audit_file"),
        tango_host=top.text("tango_host", re.compile(r"[A-Za-z0-9.-]+:\d{1,5}"), "HOST:PORT") if top.has("tango_host") else None,
        devices=devices,
        permissions=tuple(_permissions(top)),
        confirmation_s=top.number("confirmation_s", 1, 600, 30.0),
        device_timeout_s=top.number("device_timeout_s", 0.05, 60, 1.0),
        live_device=_live_device(top),
    )
    top.close(
        "listen, tls, token_file, audit_file, tango_host, devices, permissions, confirmation_s, device_timeout_s, live_device"
    )
    return configuration


def _listen(top: _Section) -> tuple[str, int]:
    listen = top.text("listen", re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}"), "HOST:PORT", "127.0.0.1:50061")
    host, _, port = listen.rpartition(":")
    if int(port) > 65535:
        raise top.error(f"'{port}' is no port", "listen")
    return host, int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _tls(top: _Section) -> Tls | None:
    if not top.has("tls"):
        return None
    section = top.section("tls")
    tls = Tls(_path(section, "certificate"), _path(section, "key"))
    section.close("certificate, key")
    return tls


def _path(section: _Section, key: str) -> Path:
    return section.file.parent / Path(section.take(key, str)).expanduser()


def _devices(top: _Section) -> dict[str, str]:
    devices: dict[str, str] = {}
    for alias, address in top.take("devices", dict, {}).items():
        if not isinstance(alias, str) or not ALIAS.fullmatch(alias):
            raise top.error("is not a name of letters, digits, '_', '.' and '-'", f"devices.{alias}")
        is_address = isinstance(address, str) and (TANGO_NAME.fullmatch(address) or address.startswith("tango://"))
        if not is_address:
            raise top.error(
                f"'{address}' is neither DOMAIN/FAMILY/MEMBER nor an address tango://HOST:PORT/DOMAIN/FAMILY/MEMBER#dbase=no",
                f"devices.{alias}",
            )
        if alias.lower() in devices:
            raise top.error("stands twice", f"devices.{alias}")
        devices[alias.lower()] = address
    return devices


def _permissions(top: _Section) -> list[Permission]:
    found: dict[tuple[str, str], Permission] = {}
    for entry in top.each("permissions"):
        device = entry.take("device", str)
        if not ALIAS.fullmatch(device) and not TANGO_NAME.fullmatch(device):
            raise entry.error(f"'{device}' is neither a name of devices: nor DOMAIN/FAMILY/MEMBER", "device")
        is_command = entry.has("command")
        member = entry.text("command" if is_command else "attribute", MEMBER_NAME, "a Tango name")
        has_limits = not is_command or entry.has("lower") or entry.has("upper")
        lower = entry.take("lower", float) if has_limits else None
        upper = entry.take("upper", float) if has_limits else None
        if lower is not None and upper is not None and not -math.inf < lower <= upper < math.inf:
            raise entry.error(f"{lower:g} to {upper:g} is no range", "lower")
        tolerance = entry.number("tolerance", 0, math.inf, 0.0) if not is_command else 0.0
        confirm = entry.take("confirm", bool, True) if is_command and entry.has("confirm") else True
        if not confirm and has_limits:
            raise entry.error("may be false only for a command without an argument (Stop, Abort)", "confirm")
        entry.close("device, attribute or command, lower, upper, tolerance (of attributes), confirm (of commands)")
        key = (device.lower(), member.lower())
        if key in found:
            raise entry.error(f"{device}/{member} stands twice")
        found[key] = Permission(key[0], key[1], is_command, lower, upper, tolerance, confirm, member)
    return list(found.values())


def _live_device(top: _Section) -> LiveDeviceOptions | None:
    if not top.has("live_device"):
        return None
    section = top.section("live_device")
    port = section.take("port", int, 11001)
    if not 0 < port <= 65535:
        raise section.error(f"{port} is no port", "port")
    options = LiveDeviceOptions(
        name=section.text("name", TANGO_NAME, "DOMAIN/FAMILY/MEMBER", "xrdct/live/1"),
        server=section.text("server", SERVER_NAME, "SERVER/INSTANCE", "xrdctlive/1"),
        host=section.text("host", re.compile(r"[A-Za-z0-9.-]+"), "HOST", "127.0.0.1"),
        port=port,
        stale_after_s=section.number("stale_after_s", 1, 3600, 5.0),
    )
    section.close("name, server, host, port, stale_after_s")
    return options
