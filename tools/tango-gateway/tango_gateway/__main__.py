"""Starts the gateway: ``start.sh CONFIGURATION``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from concurrent import futures
from pathlib import Path

import grpc
import tango
from tango.server import run

import tango_gateway_pb2_grpc as wire_grpc

from . import configuration as configurations
from .access import Access, read_tokens
from .actions import Actions
from .audit import Audit
from .configuration import Configuration, ConfigurationError, LiveDeviceOptions
from .devices import Devices
from .live_device import LiveBoard, device_class
from .proposals import Proposals
from .service import MOST_SUBSCRIPTIONS, Gateway

# Of a request: the largest is a subscription of 64 attributes.
LARGEST_REQUEST_BYTES = 1 << 20
WORKERS = 8


def serve(configuration: Configuration, board: LiveBoard | None) -> tuple[grpc.Server, int]:
    """Starts to answer; returns the server and its port."""
    tokens = read_tokens(configuration.token_file)
    audit = Audit(configuration.audit_file)
    access = Access(tokens, audit)
    devices = Devices(configuration)
    actions = Actions(devices, configuration.permissions, Proposals(configuration.confirmation_s), audit)
    server = grpc.server(
        futures.ThreadPoolExecutor(WORKERS + MOST_SUBSCRIPTIONS),
        interceptors=[access],
        options=[
            ("grpc.max_receive_message_length", LARGEST_REQUEST_BYTES),
            ("grpc.so_reuseport", 0),
            # Clients ask every few seconds whether the gateway is still there.
            ("grpc.http2.min_ping_interval_without_data_ms", 1000),
            ("grpc.keepalive_permit_without_calls", 1),
        ],
    )
    wire_grpc.add_TangoGatewayServicer_to_server(Gateway(configuration, access, devices, actions, board), server)
    address = f"{configuration.host}:{configuration.port}"
    try:
        port = server.add_insecure_port(address) if configuration.tls is None else server.add_secure_port(address, _credentials(configuration))
    except RuntimeError as error:
        raise ConfigurationError(f"cannot listen on {address}: {error}") from error
    if port == 0:
        raise ConfigurationError(f"cannot listen on {address}: another program does, or the address is not of this machine")
    server.start()
    return server, port


def _credentials(configuration: Configuration) -> grpc.ServerCredentials:
    assert configuration.tls is not None
    try:
        pair = configuration.tls.key.read_bytes(), configuration.tls.certificate.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"cannot read {error.filename}: {error.strerror}") from error
    return grpc.ssl_server_credentials([pair])


def run_live_device(options: LiveDeviceOptions, board: LiveBoard, has_database: bool) -> None:
    """Serves the device of the results until the process is told to end; Tango takes the main thread."""
    server, instance = options.server.split("/")
    kind = device_class(board)
    endpoint = ["-ORBendPoint", f"giop:tcp:{options.host}:{options.port}"]
    if has_database:
        _register(options, kind.__name__)
        run((kind,), args=[server, instance, *endpoint])
    else:
        run((kind,), args=[server, instance, "-nodb", "-dlist", f"{kind.__name__}::{options.name}", *endpoint])


def _register(options: LiveDeviceOptions, kind: str) -> None:
    database = tango.Database()
    try:
        known = database.get_device_info(options.name)
        if known.ds_full_name.lower() == options.server.lower():
            return
        raise ConfigurationError(f"live_device.name {options.name} belongs to the server {known.ds_full_name} in the database: take another name")
    except tango.DevFailed:
        info = tango.DbDevInfo()
        info.name, info._class, info.server = options.name, kind, options.server
        database.add_device(info)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tango-gateway", description="Tango devices for XrdCt.Live, and its results as a Tango device.")
    parser.add_argument("configuration", type=Path, help="YAML file; config/tango-gateway.yml explains each key")
    arguments = parser.parse_args()
    try:
        configuration = configurations.read(arguments.configuration)
        if configuration.tango_host:
            os.environ["TANGO_HOST"] = configuration.tango_host
        live = configuration.live_device
        board = LiveBoard(live.stale_after_s) if live else None
        server, port = serve(configuration, board)
        security = "TLS" if configuration.tls else "this machine only"
        print(f"the Tango gateway listens on {configuration.host}:{port} ({security})", flush=True)
        if live and board:
            run_live_device(live, board, configuration.tango_host is not None)
        else:
            ended = threading.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: ended.set())
            ended.wait()
        server.stop(0.5).wait()
        return 0
    except ConfigurationError as error:
        print(f"tango-gateway: {error}", file=sys.stderr)
        return 2
    except tango.DevFailed as error:
        print(f"tango-gateway: {error.args[0].desc.strip()}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
