#!/usr/bin/env python3
"""Follows the published results of XrdCt.Live.

    python3 xrdct_live.py tcp://127.0.0.1:31010          shows how the scan goes
    python3 xrdct_live.py tcp://127.0.0.1:31010 --json   one JSON object per status, for scripts

or, in a program of your own:

    with LiveClient("tcp://127.0.0.1:31010") as live:
        for pattern in live.patterns():                  # every one, in order, also those from before you came
            print(pattern["rotation"], pattern["translation"], pattern["intensity"].sum())

Needs pyzmq, msgpack and NumPy. The messages are described in docs/streams.md.
"""
import argparse
import json
import math
import sys
import time

import msgpack
import numpy
import zmq

SCHEMA = 1
REQUEST_PATIENCE_MS = 2000
TAIL_CHECK_S = 1.0
LATEST_HWM = 30


class ServerGone(Exception):
    """Nobody answers."""


def decode(body):
    """A message as a dict; arrays (dtype, shape, data) as NumPy arrays."""
    def array(value):
        if set(value) == {"dtype", "shape", "data"}:
            return numpy.frombuffer(value["data"], value["dtype"]).reshape(value["shape"])
        return value

    message = msgpack.unpackb(body, object_hook=array)
    if message["schema"] != SCHEMA:
        raise ValueError(f"the server speaks version {message['schema']} of the messages, this client version {SCHEMA}")
    return message


class LiveClient:
    """One server, followed. Not thread-safe.

    endpoint: where the newest results are published; the other two ports are asked for.
    timeout_s: how long to wait for a server that is not there (yet); None waits for ever.
    receive_hwm: patterns that may wait in this client's socket before the server has to queue them.
    """

    def __init__(self, endpoint, timeout_s=None, receive_hwm=1000):
        self.endpoint = endpoint
        self.timeout_s = timeout_s
        self.receive_hwm = receive_hwm
        self.state = {}      # newest message of every latest/ topic
        self.lost = []       # numbers of patterns that the server holds no more: they stand in the file
        self.repaired = 0    # patterns that were asked for
        self.end = None      # the message after the last pattern
        self._context = zmq.Context()
        self._latest = self._subscribe(endpoint, b"latest/", LATEST_HWM)
        self._every = self._request = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._context.destroy(linger=0)

    def latest(self, timeout_s=None):
        """Waits for the next message of the newest results.

        Returns (topic, message), or None when nothing came in time."""
        if not self._latest.poll(None if timeout_s is None else int(1000 * timeout_s)):
            return None
        topic, body = self._latest.recv_multipart()
        topic, message = topic.decode(), decode(body)
        if topic == "latest/scan" and message["scan_id"] != self.scan_id:
            self.state.clear()
        self.state[topic] = message
        return topic, message

    @property
    def scan_id(self):
        scan = self.state.get("latest/scan")
        return scan and scan["scan_id"]

    def wait_for_scan(self):
        """The message latest/scan."""
        began = time.monotonic()
        while "latest/scan" not in self.state:
            left_s = None if self.timeout_s is None else self.timeout_s - (time.monotonic() - began)
            if (left_s is not None and left_s <= 0) or self.latest(left_s) is None:
                raise ServerGone(f"nothing is published on {self.endpoint}")
        return self.state["latest/scan"]

    def ask(self, **request):
        """Sends a request; returns its answer and the bodies that came with it."""
        self._connect_requests()
        for _ in range(5):
            self._request.send(msgpack.packb(request))
            if self._request.poll(REQUEST_PATIENCE_MS):
                header, *bodies = self._request.recv_multipart()
                answer = decode(header)
                if answer["answer"] == "error":
                    raise ValueError(answer["error"])
                return answer, bodies
            # A REQ socket that got no answer is stuck: a new one.
            self._request.close(linger=0)
            self._request = None
            self._connect_requests()
        raise ServerGone(f"no answer from {self._port('request_port')}")

    def patterns(self, from_start=True):
        """Every pattern of the present scan once, in the order of its number; ends with the scan.

        What was dropped on the way is asked for; what the server holds no more is in self.lost."""
        scan = self.wait_for_scan()
        self._every = self._subscribe(self._port("every_port"), b"every/", self.receive_hwm)
        scan_id = scan["scan_id"]
        following = 0
        if not from_start:
            following = self.ask(request="patterns", scan_id=scan_id, **{"from": 0, "to": 0})[0]["pattern_count"]
        checked = 0.0 if from_start else time.monotonic()
        while True:
            sequence = None
            if self._every.poll(int(1000 * TAIL_CHECK_S)):
                topic, body = self._every.recv_multipart()
                message = decode(body)
                if message["scan_id"] != scan_id:
                    # The next scan began: the rest of this one can be asked for no more.
                    return
                if topic == b"every/end":
                    self.end = message
                    sequence, message = message["pattern_count"], None
                else:
                    sequence = message["sequence"]
            elif time.monotonic() - checked > TAIL_CHECK_S:
                # Silence: is it the scan's, or was the last message of it dropped?
                checked = time.monotonic()
                answer, bodies = self.ask(request="state", scan_id=scan_id, topic="every/end")
                if bodies:
                    self.end = decode(bodies[0])
                    sequence, message = self.end["pattern_count"], None
                else:
                    answer, _ = self.ask(request="patterns", scan_id=scan_id, **{"from": following, "to": following})
                    sequence, message = answer["pattern_count"], None

            if sequence is None:
                continue
            if sequence > following:
                yield from self._again(scan_id, following, sequence)
                following = sequence
            if message is not None and sequence == following:
                yield message
                following += 1
            if self.end is not None and following >= self.end["pattern_count"]:
                return

    def _again(self, scan_id, first, end):
        while first < end:
            answer, bodies = self.ask(request="patterns", scan_id=scan_id, **{"from": first, "to": end - 1})
            held = min(answer["from"], end)
            self.lost.extend(range(first, held))
            for body in bodies:
                self.repaired += 1
                yield decode(body)
            first = held + len(bodies)

    def _subscribe(self, endpoint, topics, hwm):
        socket = self._context.socket(zmq.SUB)
        socket.set_hwm(hwm)
        socket.subscribe(topics)
        socket.connect(endpoint)
        return socket

    def _connect_requests(self):
        self.wait_for_scan()
        if self._request is None:
            self._request = self._context.socket(zmq.REQ)
            self._request.connect(self._port("request_port"))

    def _port(self, key):
        return f"{self.endpoint.rpartition(':')[0]}:{self.state['latest/scan'][key]}"


def plain(value):
    """For JSON: no arrays, no NaN."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def describe(state):
    """The status in a line."""
    status = state["latest/status"]
    placed, cells = status["counters"]["placed"], status["cells"]
    missing = status["counters"]["missing"]
    line = f"{status['phase']:<10} {placed}/{cells} ({100 * placed / max(1, cells):.1f} %)  {status['rate_Hz']:.0f} Hz"
    if not math.isnan(status["latency_ms"]):
        line += f"  {status['latency_ms']:.0f} ms behind (95 %: {status['latency95_ms']:.0f} ms)"
    if missing:
        line += f"  {missing} missing"
    if status["message"]:
        line += f"  {status['message']}"
    if status["saved_path"]:
        line += f"  saved: {status['saved_path']}"
    return line


class Plot:
    """The first channel's sinogram and slice, and the mean pattern."""

    def __init__(self):
        from matplotlib import pyplot
        self.pyplot = pyplot
        pyplot.ion()
        self.figure, self.axes = pyplot.subplots(1, 3, figsize=(13, 4))

    def show(self, state):
        scan = state["latest/scan"]
        name = scan["channels"][0]["name"]
        for axes, topic in zip(self.axes, (f"latest/sinogram/{name}", f"latest/slice/{name}")):
            if topic in state:
                axes.clear()
                axes.set_title(topic[len("latest/"):])
                axes.imshow(state[topic]["values"], aspect="auto" if "sinogram" in topic else "equal")
        if "latest/pattern" in state:
            axis = scan["axis"]
            x = axis["lower"] + (numpy.arange(axis["bins"]) + 0.5) * axis["step"]
            self.axes[2].clear()
            self.axes[2].set_xlabel(axis["radial_unit"])
            self.axes[2].plot(x, state["latest/pattern"]["mean"])
        self.pyplot.pause(0.01)


def main():
    parser = argparse.ArgumentParser(description="Shows a live scan of XrdCt.Live as it is published.")
    parser.add_argument("endpoint", nargs="?", default="tcp://127.0.0.1:31010", help="endpoint of publish: [%(default)s]")
    parser.add_argument("--once", action="store_true", help="the status once, then end")
    parser.add_argument("--json", action="store_true", help="every status as one line of JSON")
    parser.add_argument("--plot", action="store_true", help="draw sinogram, slice and mean pattern (needs matplotlib)")
    parser.add_argument("--timeout", type=float, help="give up when nothing was published for so long, s [never]")
    args = parser.parse_args()
    try:
        plot = Plot() if args.plot else None
    except ImportError:
        parser.error("--plot needs matplotlib, which is not installed")

    with LiveClient(args.endpoint, timeout_s=args.timeout) as live:
        shown = drawn = None
        while True:
            news = live.latest(args.timeout)
            if news is None:
                print(f"xrdct_live: nothing is published on {args.endpoint}", file=sys.stderr)
                return 1
            topic, message = news
            if topic == "latest/scan" and message["scan_id"] != shown and not args.json:
                shown = message["scan_id"]
                print(f"{message['title']} ({message['source']}), scan {shown}")
            if "latest/scan" not in live.state or "latest/status" not in live.state:
                continue
            if topic == "latest/status" or args.once:
                status = live.state["latest/status"]
                if args.json:
                    print(json.dumps(plain(status)), flush=True)
                elif args.once or not sys.stdout.isatty():
                    print(describe(live.state), flush=True)
                else:
                    print(f"\r{describe(live.state)}\x1b[K", end="", flush=True)
                if plot and (drawn is None or time.monotonic() - drawn > 1):
                    plot.show(live.state)
                    drawn = time.monotonic()
                if args.once or status["phase"] in ("complete", "incomplete", "failed"):
                    if not args.json and sys.stdout.isatty():
                        print()
                    return 0 if args.once or status["phase"] == "complete" else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (ServerGone, ValueError, zmq.ZMQError) as problem:
        print(f"xrdct_live: {problem}", file=sys.stderr)
        sys.exit(1)
