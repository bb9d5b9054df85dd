"""Sends full-size frames as a DECTRIS Stream V2 by libzmq and cbor2, at a rate: send_frames.py RATE_HZ SECONDS MEAN_COUNTS [plain]

Eight different frames in rotation (Poisson counts around rings, module gaps of -1), packed by HDF5's bitshuffle filter. RATE_HZ 0 sends as
fast as they are taken, SECONDS of them; `plain` sends them unpacked, 9.9 MB each. Prints the port, then what was sent: count, bytes of a message, seconds, messages later than a period.
"""
import sys
import time

import cbor2
import h5py
import hdf5plugin
import numpy
import zmq

rate_hz, seconds, mean = (float(a) for a in sys.argv[1:4])
is_plain = sys.argv[4:] == ["plain"]
ROWS, COLUMNS, KINDS = 1679, 1475, 8


def bslz4(image):
    with h5py.File("chunk.h5", "w", driver="core", backing_store=False) as f:
        d = f.create_dataset("d", data=image, chunks=image.shape, **hdf5plugin.Bitshuffle(nelems=0, cname="lz4"))
        return d.id.read_direct_chunk((0, 0))[1]


def frames():
    rng = numpy.random.default_rng(1)
    y, x = numpy.ogrid[:ROWS, :COLUMNS]
    radius = numpy.hypot(y - 800, x - 740)
    expected = mean * (0.6 + 2 * numpy.exp(-(((radius % 40) - 20) / 3) ** 2))
    gap = (y % 212 >= 195) | (x % 494 >= 487)
    for _ in range(KINDS):
        image = rng.poisson(expected).astype("<i4")
        image[gap] = -1
        yield image.tobytes() if is_plain else bslz4(image)


def message(kind, **fields):
    head = {"type": kind, "series_id": 1, "series_unique_id": "01GJ1GZ8CJ4CTHZX6TXQSPWVKH"}
    return cbor2.dumps(cbor2.CBORTag(55799, {**head, **fields}))


def image_message(index, packed):
    data = cbor2.CBORTag(40, [[ROWS, COLUMNS], cbor2.CBORTag(78, packed if is_plain else cbor2.CBORTag(56500, ["bslz4", 4, packed]))])
    return message("image", data={"threshold_1": data}, image_id=index)


# The number stands in the last five bytes (1A + 32 bits), so that a message is made once and numbered before it is sent.
LARGE = 0x01000000
templates = [bytearray(image_message(LARGE, packed)) for packed in frames()]
context = zmq.Context()
push = context.socket(zmq.PUSH)
push.set_hwm(16)
print("port", push.bind_to_random_port("tcp://127.0.0.1"), flush=True)
count = int(seconds * rate_hz) if rate_hz > 0 else int(seconds)
push.send(message("start", number_of_images=count, image_size_x=COLUMNS, image_size_y=ROWS))
begun = time.perf_counter()
late = 0
for i in range(count):
    template = templates[i % KINDS]
    template[-4:] = (LARGE + i).to_bytes(4, "big")
    if rate_hz > 0:
        wait = begun + i / rate_hz - time.perf_counter()
        late += wait < -1 / rate_hz
        if wait > 0:
            time.sleep(wait)
    push.send(template)
push.send(message("end"))
print("sent", count, len(templates[0]), time.perf_counter() - begun, late, flush=True)
push.close(linger=60_000)
context.term()
