"""Kills the sender, the network or the processor at random moments, again and again, while scans go on.

The sender is libzmq, cbor2 and nothing of ours; the network is a TCP relay in this process; the processor is `xrdct run`, which is
started again after a kill -9, as a service manager would do, and never for any other reason. Every pixel of a frame holds a number of
its own, so the saved files tell which frame lies in which cell. After each disturbed series comes an undisturbed one, which must be
complete: nothing may need a restart by hand.

For every series of which a processor saw anything and was not killed: a cell holds its frame or is listed as missing; no frame is in a wrong cell or twice; what is listed on the terminal
is what is empty in the file. Prints one JSON object; exit code 1 when anything of this is not so.
"""
import argparse
import datetime
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

import cbor2
import h5py
import numpy
import zmq

ROWS, COLUMNS = 120, 160
TRANSLATIONS, ROTATIONS = 10, 8
FRAMES = TRANSLATIONS * ROTATIONS
RATE_HZ = 100
PONI = """poni_version: 2
Detector: Detector
Detector_config: {"pixel1": 0.0001, "pixel2": 0.0001, "max_shape": [120, 160]}
Distance: 0.1
Poni1: 0.006
Poni2: 0.008
Rot1: 0
Rot2: 0
Rot3: 0
Wavelength: 2.48e-11
"""
BEAMLINE = """title: kill loop
source: {{ endpoint: "tcp://127.0.0.1:{port}", silence_limit_s: 3, end_grace_s: 0.5, zeromq: {zeromq} }}
geometry: {{ poni: small.poni }}
integration: {{ unit: two_theta_deg, bins: 16, filter: mean, solid_angle: false }}
scan: {{ order: translation-fast, translations: {translations}, rotations: {rotations}, step_um: 10, range_deg: 180 }}
channels: [ {{ name: total, kind: total }} ]
roi: {{ radius_um: 20 }}
"""


def value_of(series, index):
    """Pixel value of a frame: small enough for the exact sums, different for neighbouring series."""
    return 1000 * (series % 100) + index + 1


def message(series, kind, **fields):
    head = {"type": kind, "series_id": series, "series_unique_id": f"KILL{series:022d}"}
    return cbor2.dumps(cbor2.CBORTag(55799, {**head, **fields}))


def send(port, series, first, header):
    """The sender's process: one series from a frame on, paced."""
    context = zmq.Context()
    push = context.socket(zmq.PUSH)
    push.set_hwm(4)
    for _ in range(100):
        try:
            push.bind(f"tcp://127.0.0.1:{port}")
            break
        except zmq.ZMQError:
            time.sleep(0.05)
    if header:
        push.send(message(series, "start", number_of_images=FRAMES, image_size_x=COLUMNS, image_size_y=ROWS))
    for index in range(first, FRAMES):
        pixels = numpy.full((ROWS, COLUMNS), value_of(series, index), "<i4").tobytes()
        data = {"threshold_1": cbor2.CBORTag(40, [[ROWS, COLUMNS], cbor2.CBORTag(78, pixels)])}
        push.send(message(series, "image", image_id=index, data=data))
        print(index, flush=True)
        time.sleep(1 / RATE_HZ)
    push.send(message(series, "end"))
    print("end", flush=True)
    push.close(linger=20_000)
    context.term()


class Relay:
    """A network that can be cut: forwards bytes of every connection to the sender."""

    def __init__(self, target):
        self.target = target
        self.up = True
        self.pairs = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            try:
                if not self.up:
                    raise OSError
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            self.pairs.append((near, far))
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(a, b), daemon=True).start()

    @staticmethod
    def pump(a, b):
        try:
            while chunk := a.recv(65536):
                b.sendall(chunk)
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.up = False
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for s in pair:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                s.close()


class Processor:
    """`xrdct run`, started again when it was killed; its summaries are read as they come."""

    def __init__(self, command, folder):
        self.command = command
        self.folder = folder
        self.summaries = []
        self.lock = threading.Lock()
        self.own_ends = 0
        self.kills = 0
        self.start()

    def start(self):
        self.expected = False
        self.errors = open(os.path.join(self.folder, "errors.txt"), "a")
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=self.errors, text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        threading.Thread(target=self.read, args=(self.process,), daemon=True).start()

    def read(self, process):
        text = ""
        for line in process.stdout:
            text += line
            if line.rstrip() == "}":
                with self.lock:
                    self.summaries.append(json.loads(text))
                text = ""

    def kill(self):
        self.kills += 1
        self.process.kill()
        self.process.wait()
        self.start()

    def of(self, series):
        with self.lock:
            return [s for s in self.summaries if s["series"] == series]

    def check(self):
        """A processor that ended by itself is what must never happen; it is started again so that the loop can go on and tell."""
        if self.process.poll() is not None:
            self.own_ends += 1
            self.start()


def wait_for(condition, limit_s):
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Sender:
    def __init__(self, port):
        self.port = port
        self.process = None

    def start(self, series, first=0, header=True):
        self.sent = []
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--send", str(self.port), str(series), str(first), str(int(header))],
            stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read, args=(self.process,), daemon=True)
        self.reader.start()

    def read(self, process):
        for line in process.stdout:
            self.sent.append(line.strip())

    def reaches(self, index):
        return wait_for(lambda: len(self.sent) > index or self.process.poll() is not None, 60)

    def finish(self):
        self.process.wait(timeout=120)
        self.reader.join()


def examine(series, summaries):
    """What became of the frames of a series, over all files that were saved of it."""
    problems, found = [], {}
    for summary in summaries:
        listed = set()
        for part in summary["missing"]:
            first, _, last = part.partition("-")
            listed.update(range(int(first), int(last or first) + 1))
        if not summary["saved"]:
            if summary["counters"]["placed"]:
                problems.append(f"series {series}: {summary['counters']['placed']} frames placed and nothing saved: {summary['sentence']}")
            continue
        with h5py.File(summary["saved"], "r") as f:
            intensity, coverage = f["entry/data/intensity"][()], f["entry/data/coverage"][()]
        for index in range(FRAMES):
            t, r = index % TRANSLATIONS, index // TRANSLATIONS
            if bool(coverage[t, r]) == (index in listed):
                problems.append(f"series {series}: frame {index} is {'listed as missing but there' if coverage[t, r] else 'missing but not listed'}")
            if coverage[t, r]:
                pattern = intensity[t, r][numpy.isfinite(intensity[t, r])]
                if not len(pattern) or not numpy.allclose(pattern, value_of(series, index), rtol=1e-6):
                    problems.append(f"series {series}: cell of frame {index} holds {pattern[:2]}, not {value_of(series, index)}")
                if index in found:
                    problems.append(f"series {series}: frame {index} is in two files")
                found[index] = summary["saved"]
    return problems, found


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--send", nargs=4, type=int)
    p.add_argument("--xrdct", nargs="+", help="command of the processor")
    p.add_argument("--folder", help="an empty folder")
    p.add_argument("--rounds", type=int, default=50)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--zeromq", default="auto")
    args = p.parse_args()
    if args.send:
        port, series, first, header = args.send
        return send(port, series, first, bool(header))

    rng = random.Random(args.seed)
    with socket.create_server(("127.0.0.1", 0)) as s:
        detector_port = s.getsockname()[1]
    relay = Relay(detector_port)
    with open(os.path.join(args.folder, "small.poni"), "w") as f:
        f.write(PONI)
    with open(os.path.join(args.folder, "beamline.yml"), "w") as f:
        f.write(BEAMLINE.format(port=relay.port, zeromq=args.zeromq, translations=TRANSLATIONS, rotations=ROTATIONS))
    processor = Processor(
        [*args.xrdct, "run", "--config", os.path.join(args.folder, "beamline.yml"), "--no-browser", "--port", "0",
         "--output", os.path.join(args.folder, "results"), "--json"], args.folder)
    sender = Sender(detector_port)
    problems, counts = [], {"frames_sent": 0, "processed": 0, "listed_missing": 0, "clean_series_complete": 0, "frames_of_series_nobody_saw_again": 0}
    kinds = {}
    series = 0
    for turn in range(args.rounds):
        # A kind each in turn, so that few rounds have all of them; the moment is random.
        kind = ["sender dies and comes back", "sender dies and arms anew", "network cut", "processor killed"][turn % 4]
        kinds[kind] = kinds.get(kind, 0) + 1
        series += 1
        moment = rng.randrange(1, FRAMES - 1)
        sender.start(series)
        sender.reaches(moment)
        disturbed = [series]
        if kind.startswith("sender"):
            sender.process.kill()
            sender.process.wait()
            sender.reader.join()
            reached = len(sender.sent)
            counts["frames_sent"] += reached
            time.sleep(rng.uniform(0, 0.5))
            if kind.endswith("anew"):
                series += 1
                disturbed.append(series)
                sender.start(series)
            else:
                sender.start(series, first=reached, header=False)
        elif kind == "network cut":
            relay.cut()
            time.sleep(rng.uniform(0, 0.8))
            relay.up = True
        else:
            processor.kill()
        sender.finish()
        counts["frames_sent"] += sum(line != "end" for line in sender.sent)
        processor.check()

        # An undisturbed series must be complete whatever happened before.
        series += 1
        sender.start(series)
        sender.finish()
        counts["frames_sent"] += FRAMES
        processor.check()
        wait_for(lambda: processor.of(series), 30)
        clean = processor.of(series)
        if clean and clean[-1]["phase"] == "Complete":
            counts["clean_series_complete"] += 1
        else:
            problems.append(f"round {turn} ({kind}): the undisturbed series {series} is not complete: {clean[-1]['sentence'] if clean else 'no summary'}")
        for s in [*disturbed, series]:
            # Of a series that a killed processor had nearly done, nothing more may have come: then nobody can list it, and it is counted.
            summaries = processor.of(s)
            if not summaries:
                if kind == "processor killed":
                    counts["frames_of_series_nobody_saw_again"] += FRAMES
                else:
                    problems.append(f"round {turn} ({kind}): nothing was said of series {s}")
                continue
            more, found = examine(s, summaries)
            problems += more
            counts["processed"] += len(found)
            counts["listed_missing"] += FRAMES - len(found)

    processor.process.send_signal(signal.SIGINT)
    processor.process.wait(timeout=60)
    if processor.own_ends:
        problems.append(f"the processor ended {processor.own_ends} times by itself")
    print(json.dumps({"rounds": args.rounds, "kinds": kinds, **counts, "processor_kills": processor.kills, "problems": problems}))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
