"""Kills `xrdct run` with SIGKILL at random moments of a scan, starts it again, and compares the finished file with that of an undisturbed run.

The sender is libzmq and msgpack (dialect xrdct, with monitor and positions) and sends the same series again and again, each time in another
order: frames overtake each other by up to twenty places. h5py and numpy compare, dataset by dataset and attribute by attribute, to the last bit.

    journal_loop.py --folder EMPTY --rounds 32 --seed 1 --xrdct tools/xrdct

Kinds of rounds, in turn: the series is sent again from its beginning; the same with three kills in a row; the stream goes on while nobody
listens (what is lost must be listed, the rest must be right); the disk is full (RLIMIT_FSIZE) while the first process runs, then the series is sent again.
Only these may differ from the undisturbed file: when the run happened, and what came over the wire rather than what was measured.
"""
import argparse
import glob
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time

import h5py
import msgpack
import numpy
import zmq

ROWS, COLUMNS = 120, 160
TRANSLATIONS, ROTATIONS = 20, 18
FRAMES = TRANSLATIONS * ROTATIONS
RATE_HZ = 150
GROWING = ".growing.nxs"
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
BEAMLINE = """title: journal loop
source: {{ endpoint: "tcp://127.0.0.1:{port}", dialect: xrdct, silence_limit_s: 5, end_grace_s: 0.5 }}
geometry: {{ poni: small.poni }}
integration: {{ unit: two_theta_deg, bins: 200, filter: trimmed, polarisation: 0.95 }}
scan: {{ order: interlaced, translations: {translations}, rotations: {rotations}, step_um: 10, range_deg: 180 }}
channels: [ {{ name: total, kind: total }}, {{ name: spots, kind: spottiness }}, {{ name: ring, kind: peak, lower: 1.2, upper: 3.1 }} ]
roi: {{ radius_um: 50 }}
"""

MAY_DIFFER = {
    "/@file_time",
    "/entry/start_time",
    "/entry/end_time",
    "/entry/process/date",
    "/entry/reconstruction/date",
    "/entry/corrections/date",
    # What came over the wire: a series that is sent twice comes twice.
    "/entry/counters/received",
    "/entry/counters/integrated",
    "/entry/counters/duplicate",
    "/entry/counters/out_of_order",
}
HANG_S = 120


def image(index):
    """A frame: a ring on a background and a few spots, drawn from Poisson's law with the index as seed."""
    rng = numpy.random.default_rng(index)
    y, x = numpy.mgrid[:ROWS, :COLUMNS]
    radius = numpy.hypot(y - ROWS / 2, x - COLUMNS / 2)
    mean = 4 + (20 + 15 * numpy.sin(0.1 * index)) * numpy.exp(-(((radius - 38) / 4) ** 2))
    pixels = rng.poisson(mean).astype("<i4")
    pixels[rng.integers(0, ROWS, 5), rng.integers(0, COLUMNS, 5)] += 900
    return pixels


def send(port, seed):
    """The sender's process: the one series, in an order of its own."""
    push = zmq.Context().socket(zmq.PUSH)
    push.set_hwm(4)
    for _ in range(100):
        try:
            push.bind(f"tcp://127.0.0.1:{port}")
            break
        except zmq.ZMQError:
            time.sleep(0.05)
    rng = random.Random(seed)
    order = sorted(range(FRAMES), key=lambda i: i + rng.uniform(0, 20))
    start = {"type": "start", "series": 7, "series_uid": "one and the same", "images": FRAMES, "shape": [ROWS, COLUMNS], "dtype": "int32"}
    push.send(msgpack.packb({**start, "energy_keV": 50.0, "detector": "loop", "frame_time_s": 0.004}))
    for index in order:
        # Across the value of 92,682 where the monitor's reference doubles; one frame in nine tells none.
        told = {} if index % 9 == 8 else {"monitor": 92_000.0 + 10 * index}
        head = {"type": "image", "series": 7, "index": index, "shape": [ROWS, COLUMNS], "dtype": "int32",
                "positions": {"translation_mm": -0.001 * index, "rotation_deg": 0.01 * index}, **told}
        push.send_multipart([msgpack.packb(head), image(index).tobytes()])
        time.sleep(1 / RATE_HZ)
    push.send(msgpack.packb({"type": "end", "series": 7}))
    push.close(linger=10_000)
    push.context.term()


def contents(path):
    """Every dataset and attribute of a file as bytes, with shape and type."""
    found = {}

    def note(name, item):
        place = "/" + name
        if isinstance(item, h5py.Dataset):
            value = item[()]
            found[place] = as_bytes(value)
        for key, value in item.attrs.items():
            found[f"{place}@{key}"] = as_bytes(value)

    with h5py.File(path, "r") as f:
        note("", f)
        f.visititems(note)
    return found


def as_bytes(value):
    array = numpy.asarray(value)
    if array.dtype.hasobject:
        return ("text", array.shape, repr(array.tolist()))
    return (str(array.dtype), array.shape, array.tobytes())


def differences(one, other):
    a, b = contents(one), contents(other)
    return sorted(k for k in a.keys() | b.keys() if k not in MAY_DIFFER and a.get(k) != b.get(k))


class Scan:
    sent = 0

    def __init__(self, args, folder):
        self.args = args
        self.folder = folder
        os.makedirs(folder)

    def run(self, limit_bytes=None):
        def prepare():
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if limit_bytes:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, resource.RLIM_INFINITY))

        # The runtime maps its own code through a file, which the limit would hit first.
        environment = {**os.environ, "DOTNET_EnableWriteXorExecute": "0"} if limit_bytes else None
        return subprocess.Popen(
            [*self.args.xrdct, "run", "--config", self.args.config, "--exit", "--no-browser", "--port", "0", "--output", "results", "--json"],
            cwd=self.folder, stdout=open(os.path.join(self.folder, "summaries.txt"), "a"),
            stderr=open(os.path.join(self.folder, "errors.txt"), "a"), preexec_fn=prepare, env=environment)

    def sender(self):
        Scan.sent += 1
        return subprocess.Popen([sys.executable, __file__, "--send", str(self.args.detector_port), str(Scan.sent), "--folder", ""])

    def files(self, extension):
        found = glob.glob(os.path.join(self.folder, "results", "*" + extension))
        return sorted(f for f in found if extension.startswith(GROWING) or GROWING not in f)

    def errors(self):
        with open(os.path.join(self.folder, "errors.txt")) as f:
            return f.read()

    def summaries(self):
        with open(os.path.join(self.folder, "summaries.txt")) as f:
            text = f.read()
        decoder, found, at = json.JSONDecoder(), [], 0
        while (at := text.find("{", at)) >= 0:
            try:
                value, at = decoder.raw_decode(text, at)
                found.append(value)
            except json.JSONDecodeError:
                # Cut off by the kill.
                at += 1
        return found


def end(process):
    process.wait(timeout=HANG_S)
    return process.returncode


def kill(process):
    process.kill()
    process.wait()


def whole(scan):
    """A run that nothing disturbs; returns how long it took."""
    began = time.monotonic()
    run, sender = scan.run(), scan.sender()
    end(run)
    took = time.monotonic() - began
    end(sender)
    return took


def check_same(scan, undisturbed, problems, name):
    files = scan.files(".nxs")
    if not files:
        problems.append(f"{name}: no file; {scan.errors()}")
    # A process that was killed between the end of saving and its own end had saved its file already.
    for path in files:
        found = differences(undisturbed, path)
        if found:
            problems.append(f"{name}: {os.path.basename(path)} differs in {found[:10]}")
    if scan.files(".journal") or scan.files(".journal-wal"):
        problems.append(f"{name}: the journal was left behind; {scan.errors()}")
    if scan.files(GROWING + "*"):
        problems.append(f"{name}: the growing file was left behind; {scan.errors()}")


def check_goes_on(scan, undisturbed, problems, name):
    """Frames that were lost with the process are listed as missing, and all others are those of the undisturbed scan."""
    with h5py.File(undisturbed, "r") as g:
        clean = g["entry/data/intensity"][()].view(numpy.uint32)
    covered = numpy.zeros(clean.shape[:2], bool)
    for path in scan.files(".nxs"):
        with h5py.File(path, "r") as f:
            coverage = f["entry/data/coverage"][()] == 1
            intensity = f["entry/data/intensity"][()].view(numpy.uint32)
        if (intensity != clean).any(axis=2)[coverage].any():
            problems.append(f"{name}: {os.path.basename(path)} holds other patterns")
        covered |= coverage
    told = scan.summaries()
    # A process that was killed between the end of saving and its own end told nothing, and left nothing to go on with: its file is whole.
    missing = sum(int(p.partition("-")[2] or p) - int(p.partition("-")[0]) + 1 for p in told[-1]["missing"]) if told else 0
    if missing != covered.size - covered.sum():
        problems.append(f"{name}: {covered.size - covered.sum()} cells are empty, {missing} frames are listed; {scan.errors()}")
    if scan.files(".journal"):
        problems.append(f"{name}: the journal was left behind")
    if scan.files(GROWING + "*"):
        problems.append(f"{name}: the growing file was left behind")
    return int(covered.size - covered.sum())


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--send", nargs=2, type=int)
    p.add_argument("--xrdct", nargs="+", help="command of the program")
    p.add_argument("--folder", required=True, help="an empty folder")
    p.add_argument("--rounds", type=int, default=32)
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    if args.send:
        return send(*args.send)

    args.folder = os.path.abspath(args.folder)
    with socket.create_server(("127.0.0.1", 0)) as s:
        args.detector_port = s.getsockname()[1]
    with open(os.path.join(args.folder, "small.poni"), "w") as f:
        f.write(PONI)
    args.config = os.path.join(args.folder, "beamline.yml")
    with open(args.config, "w") as f:
        f.write(BEAMLINE.format(port=args.detector_port, translations=TRANSLATIONS, rotations=ROTATIONS))
    rng = random.Random(args.seed)
    problems, kills, lost, kinds = [], 0, 0, {}

    first = Scan(args, os.path.join(args.folder, "undisturbed"))
    took_s = whole(first)
    undisturbed = first.files(".nxs")[0]
    if first.summaries()[-1]["phase"] != "Complete":
        problems.append(f"the undisturbed scan is not complete: {first.errors()}")
    for turn in range(args.rounds):
        kind = ["sent again", "three kills", "goes on", "disk full"][turn % 4]
        name = f"round {turn} ({kind})"
        kinds[kind] = kinds.get(kind, 0) + 1
        scan = Scan(args, os.path.join(args.folder, f"round-{turn}"))
        if kind == "disk full":
            run, sender = scan.run(limit_bytes=rng.randrange(50_000, os.path.getsize(undisturbed))), scan.sender()
            if end(run) != 1 or "in memory only" not in scan.errors() or "safe in the journal" not in scan.errors():
                problems.append(f"{name}: a full disk was not told: {scan.errors()}")
            end(sender)
            whole(scan)
            check_same(scan, undisturbed, problems, name)
        elif kind == "goes on":
            run, sender = scan.run(), scan.sender()
            time.sleep(rng.uniform(0.3, 0.9) * took_s)
            if run.poll() is None:
                kill(run)
                kills += 1
                # While anything of the scan is left: in the journal, or to come.
                if sender.poll() is None or scan.files(".journal"):
                    run = scan.run()
                    end(run)
            kill(sender)
            if scan.files(".nxs"):
                lost += check_goes_on(scan, undisturbed, problems, name)
        else:
            for _ in range(3 if kind == "three kills" else 1):
                run, sender = scan.run(), scan.sender()
                time.sleep(rng.uniform(0.1, 1.05) * took_s)
                if run.poll() is None:
                    kill(run)
                    kills += 1
                kill(sender)
            if not scan.files(".nxs") or scan.files(".journal"):
                whole(scan)
            check_same(scan, undisturbed, problems, name)
    print(json.dumps({
        "rounds": args.rounds, "kinds": kinds, "kills": kills, "frames_lost_and_listed": lost, "undisturbed_s": round(took_s, 2),
        "seed": args.seed, "problems": problems}))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
