"""A DECTRIS Stream V2 sender that shares no code with the receiver: cbor2, hdf5plugin (bslz4), lz4, libzmq.

    stream2_peer.py encode OUT_FOLDER                    one .cbor file per case, and cases.json
    stream2_peer.py push ENDPOINT ROWS COLUMNS COUNT     start, COUNT images, end, then one bad message of each kind
    stream2_peer.py flood ENDPOINT BYTES                 one message of BYTES bytes, then a good end message

Pixel i of frame k is (7 i + 13 k) mod 1000, but -1 where i mod 11 = 0 and -2 where i mod 101 = 5 (in this order).
"""
import datetime
import json
import os
import struct
import sys

import cbor2
import h5py
import hdf5plugin
import lz4.block
import numpy
import zmq

TAGS = {"u1": 64, "u2": 69, "u4": 70, "i1": 72, "i2": 77, "i4": 78, "u8": 71, "f4": 85}
DATE = datetime.datetime(2024, 3, 7, 14, 43, 31, 193000, datetime.timezone(datetime.timedelta(hours=1)))


def pixels(rows, columns, k, dtype):
    i = numpy.arange(rows * columns, dtype=numpy.int64)
    counts = (7 * i + 13 * k) % 1000
    if dtype in ("u1", "i1"):
        counts %= 100
    counts[i % 101 == 5] = -2
    counts[i % 11 == 0] = -1
    return counts.astype("<i8").astype("<" + dtype).reshape(rows, columns)


def bslz4(image):
    with h5py.File("memory.h5", "w", driver="core", backing_store=False) as file:
        data = file.create_dataset("d", data=image, chunks=image.shape, **hdf5plugin.Bitshuffle())
        return data.id.read_direct_chunk((0,) * image.ndim)[1]


def lz4_hdf5(image, block=65536):
    plain = image.tobytes()
    out = struct.pack(">QI", len(plain), block)
    for at in range(0, len(plain), block):
        part = plain[at:at + block]
        packed = lz4.block.compress(part, store_size=False)
        packed = part if len(packed) >= len(part) else packed
        out += struct.pack(">I", len(packed)) + packed
    return out


def array(image, dtype, packing, tag=None, order=40):
    blob = {"none": lambda: image.tobytes(),
            "bslz4": lambda: cbor2.CBORTag(56500, ["bslz4", image.itemsize, bslz4(image)]),
            "lz4": lambda: cbor2.CBORTag(56500, ["lz4", 0, lz4_hdf5(image)]),
            "zstd": lambda: cbor2.CBORTag(56500, ["zstd", 0, b"1234"])}[packing]()
    return cbor2.CBORTag(order, [list(image.shape), cbor2.CBORTag(tag or TAGS[dtype], blob)])


def message(fields):
    # canonical: the shortest floats, as DECTRIS sends them; the key order is then not the one of the detector
    return cbor2.dumps(cbor2.CBORTag(55799, fields), canonical=True, timezone=datetime.timezone.utc)


def start(rows, columns, count, series=16):
    return message({
        "type": "start", "series_id": series, "series_unique_id": "01HRCJF83SA63WH8M5X1VBKFJM", "arm_date": DATE,
        "beam_center_x": 0.0, "channels": ["threshold_1"], "count_time": 0.9999999, "frame_time": 0.004,
        "countrate_correction_lookup_table": cbor2.CBORTag(70, numpy.arange(500, dtype="<u4").tobytes()),
        "detector_description": "Dectris PILATUS3 X CdTe 2M", "detector_translation": [0.0, 0.0, 0.5],
        "flatfield": {"threshold_1": array(numpy.ones((rows, columns), "<f4"), "f4", "none")},
        "goniometer": {"omega": {"increment": 0.1, "start": 0.0}}, "image_size_x": columns, "image_size_y": rows,
        "incident_energy": 50000.0, "number_of_images": count, "pixel_mask_enabled": True, "user_data": "",
        "something_new": {"a": [1, None, True, -5, 1.5, b"bytes"]}})


def image(k, data, series=16, **more):
    fields = {"type": "image", "series_id": series, "series_unique_id": "01HRCJF83SA63WH8M5X1VBKFJM", "image_id": k,
              "real_time": [200000, 50000000], "series_date": DATE,
              "start_time": [k * 200000, 50000000], "stop_time": [(k + 1) * 200000, 50000000], "data": data}
    fields.update(more)
    return message({key: value for key, value in fields.items() if value is not None})


def end(series=16):
    return message({"type": "end", "series_id": series, "series_unique_id": "01HRCJF83SA63WH8M5X1VBKFJM"})


def encode(folder):
    rows, columns = 37, 53
    cases = []

    def add(name, data, **facts):
        with open(os.path.join(folder, name + ".cbor"), "wb") as out:
            out.write(data)
        cases.append(dict({"name": name, "rows": rows, "columns": columns}, **facts))

    add("start", start(rows, columns, 250), kind="start")
    add("end", end(), kind="end")
    for dtype in ("u1", "u2", "u4", "i1", "i2", "i4"):
        for packing in ("none", "bslz4", "lz4"):
            picture = pixels(rows, columns, 3, dtype)
            add(f"image_{dtype}_{packing}", image(3, {"threshold_1": array(picture, dtype, packing)}), kind="image",
                index=3, bytes=picture.itemsize)
    good = array(pixels(rows, columns, 4, "i4"), "i4", "bslz4")
    other = array(pixels(rows, columns, 99, "i4"), "i4", "bslz4")
    add("two_channels", image(4, {"threshold_1": good, "threshold_2": other}), kind="image", index=4, bytes=4)
    add("monitor_map", image(4, {"t": good}, user_data={"a": {"monitor": 3}, "monitor": 1234.5}), kind="image", index=4,
        bytes=4, monitor=1234.5)
    add("monitor_json", image(4, {"t": good}, user_data='{"x": [1], "monitor": 77}'), kind="image", index=4, bytes=4,
        monitor=77.0)
    add("no_json", image(4, {"t": good}, user_data='{"monitor": '), kind="image", index=4, bytes=4)
    add("ids_only", image(4, {"t": good}, real_time=None, series_date=None, start_time=None, stop_time=None,
                          series_unique_id=None), kind="image", index=4, bytes=4, undated=True)
    add("refused_float", image(4, {"t": array(numpy.ones((rows, columns), "<f4"), "f4", "none")}), kind="refused",
        reason="85")
    add("refused_u8", image(4, {"t": array(pixels(rows, columns, 4, "u8"), "u8", "bslz4")}), kind="refused", reason="71")
    add("refused_big_endian", image(4, {"t": array(numpy.ones((rows, columns), ">u2"), "u2", "none", tag=65)}),
        kind="refused", reason="big endian")
    add("refused_column_major", image(4, {"t": array(pixels(rows, columns, 4, "i4"), "i4", "none", order=1040)}),
        kind="refused", reason="column-major")
    add("refused_zstd", image(4, {"t": array(pixels(rows, columns, 4, "i4"), "i4", "zstd")}), kind="refused",
        reason="zstd")
    add("refused_no_data", image(4, None), kind="refused", reason="data")
    with open(os.path.join(folder, "cases.json"), "w") as out:
        json.dump(cases, out)


def push(endpoint, rows, columns, count):
    socket = zmq.Context.instance().socket(zmq.PUSH)
    socket.set(zmq.SNDHWM, 4)
    socket.connect(endpoint)
    socket.send(start(rows, columns, count))
    for k in range(count):
        picture = pixels(rows, columns, k, "i4")
        socket.send(image(k, {"threshold_1": array(picture, "i4", "bslz4" if k % 2 == 0 else "none")}), copy=False)
    socket.send(end())
    socket.send_multipart([b"header", b"second", b"third"])
    socket.send(b"\x00not cbor")
    socket.send(image(0, {"t": array(pixels(rows, columns, 0, "i4"), "i4", "bslz4")})[:-10])
    socket.send(b"")
    socket.close(linger=20000)
    zmq.Context.instance().term()


def flood(endpoint, size):
    for content in (b"x" * size, end()):
        # A context of its own: its end waits until the message has been written, so that the order is certain.
        context = zmq.Context()
        socket = context.socket(zmq.PUSH)
        socket.connect(endpoint)
        socket.send(content)
        socket.close(linger=5000)
        context.term()


if __name__ == "__main__":
    command, *args = sys.argv[1:]
    if command == "encode":
        encode(args[0])
    elif command == "push":
        push(args[0], int(args[1]), int(args[2]), int(args[3]))
    else:
        flood(args[0], int(args[1]))
