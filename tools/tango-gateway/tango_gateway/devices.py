"""The devices by their names."""

from __future__ import annotations

import threading

import tango

from .configuration import ALIAS, TANGO_NAME, Configuration

MOST_PROXIES = 256


class UnknownDevice(Exception):
    """A name that the gateway does not know."""


class Devices:
    """Names of the configuration, and, with a database, of that. An address that a client sends is no name."""

    def __init__(self, configuration: Configuration) -> None:
        self._addresses = configuration.devices
        self._has_database = configuration.tango_host is not None
        self._timeout_ms = int(1000 * configuration.device_timeout_s)
        self._lock = threading.Lock()
        self._proxies: dict[str, tango.DeviceProxy] = {}
        self._movers: dict[str, tango.DeviceProxy] = {}

    def address(self, name: str) -> str:
        """Where Tango finds a device."""
        if ALIAS.fullmatch(name) and name.lower() in self._addresses:
            return self._addresses[name.lower()]
        if TANGO_NAME.fullmatch(name) and self._has_database:
            return name
        remedy = "devices: of its configuration lists them" + (", or DOMAIN/FAMILY/MEMBER of the database" if self._has_database else "")
        raise UnknownDevice(f"the gateway knows no device '{name[:128]}': {remedy}")

    def proxy(self, name: str) -> tango.DeviceProxy:
        """A proxy that is made once; Tango connects it again after a restart of its server.

        Raises DevFailed where the device was never seen by the database. No events are subscribed to with it (follower.py says why).
        """
        return self._made(self._proxies, self.address(name).lower(), self.address(name))

    def mover(self, name: str) -> tango.DeviceProxy:
        """Another one, for what changes the device: its caller must be the only one, and may set it as it needs."""
        return self._made(self._movers, name.lower(), self.address(name))

    def _made(self, known: dict[str, tango.DeviceProxy], key: str, address: str) -> tango.DeviceProxy:
        with self._lock:
            found = known.get(key)
        if found is None:
            found = tango.DeviceProxy(address.lower())
            found.set_timeout_millis(self._timeout_ms)
            with self._lock:
                if len(known) >= MOST_PROXIES:
                    known.clear()
                known[key] = found
        return found

    def names(self, pattern: str) -> list[str]:
        """Names of the configuration, then of the database where they match."""
        names = list(self._addresses)
        if self._has_database:
            names += list(tango.Database().get_device_exported(pattern or "*").value_string)
        return names
