"""A DECTRIS Stream V2 sender that shares no code with the receiver: cbor2, hdf5plugin (bslz4), lz4, libzmq.

    stream2_peer.py encode OUT_FOLDER                    one .cbor file per case, and cases.json
    stream2_peer.py push ENDPOINT ROWS COLUMNS COUNT     start, COUNT images, end, then one bad message of each kind
    stream2_peer.py flood ENDPOINT BYTES                 one message of BYTES bytes, then a good end message
"""
import datetime
import json
import os
import sys

import cbor2
import numpy
import zmq

from packed_pixels import bslz4, lz4_hdf5, pixels

TAGS = {"u1": 64, "u2": 69, "u4": 70, "u8": 71, "i1": 72, "i2": 77, "i4": 78, "i8": 79, "f2": 84, "f4": 85, "f8": 86}
DATE = datetime.datetime(2024, 3, 7, 14, 43, 31, 193000, datetime.timezone(datetime.timedelta(hours=1)))


def array(image, dtype, packing, tag=None, order=40, shape=None):
    blob = {"none": lambda: image.tobytes(),
            "bslz4": lambda: cbor2.CBORTag(56500, ["bslz4", image.itemsize, bslz4(image)]),
            "lz4": lambda: cbor2.CBORTag(56500, ["lz4", 0, lz4_hdf5(image)]),
            "zstd": lambda: cbor2.CBORTag(56500, ["zstd", 0, b"1234"])}[packing]()
    return cbor2.CBORTag(order, [list(shape or image.shape), cbor2.CBORTag(tag or TAGS[dtype], blob)])


def flat_field(rows, columns):
    return (1 + numpy.arange(rows * columns) % 7 / 8).astype("<f4").reshape(rows, columns)


def mask(rows, columns):
    i = numpy.arange(rows * columns)
    return numpy.where(i % 13 == 0, 1 << (i % 5), 0).astype("<u4").reshape(rows, columns)


def message(fields):
    # canonical: the shortest floats, as DECTRIS sends them; the key order is then not the one of the detector
    return cbor2.dumps(cbor2.CBORTag(55799, fields), canonical=True, timezone=datetime.timezone.utc)


def start(rows, columns, count, series=16):
    return message({
        "type": "start", "series_id": series, "series_unique_id": "01HRCJF83SA63WH8M5X1VBKFJM", "arm_date": DATE,
        "beam_center_x": 0.0, "channels": ["threshold_1"], "count_time": 0.9999999, "frame_time": 0.004,
        "countrate_correction_lookup_table": cbor2.CBORTag(70, numpy.arange(500, dtype="<u4").tobytes()),
        "detector_description": "Dectris PILATUS3 X CdTe 2M", "detector_translation": [0.0, 0.0, 0.5],
        "flatfield": {"threshold_1": array(flat_field(rows, columns), "f4", "bslz4")},
        "pixel_mask": {"threshold_1": array(mask(rows, columns), "u4", "none")},
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
        cases.append(dict({"name": name, "rows": rows, "columns": columns, "isFloat": "_f" in name}, **facts))

    add("start", start(rows, columns, 250), kind="start")
    add("end", end(), kind="end")
    for dtype in ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"):
        for packing in ("none", "bslz4", "lz4"):
            picture = pixels(rows, columns, 3, dtype)
            add(f"image_{dtype}_{packing}", image(3, {"threshold_1": array(picture, dtype, packing)}), kind="image",
                index=3, bytes=picture.itemsize)
    good = array(pixels(rows, columns, 4, "i4"), "i4", "bslz4")
    other = array(pixels(rows, columns, 99, "i4"), "i4", "bslz4")
    add("two_channels", image(4, {"threshold_1": good, "threshold_2": other}), kind="image", index=4, bytes=4)
    add("monitor_map", image(4, {"t": good}, user_data={"a": {"monitor": 3}, "monitor": 1234.5, "transmission": 0.625}), kind="image", index=4,
        bytes=4, monitor=1234.5, transmission=0.625)
    add("monitor_json", image(4, {"t": good}, user_data='{"x": [1], "monitor": 77}'), kind="image", index=4, bytes=4,
        monitor=77.0)
    add("no_json", image(4, {"t": good}, user_data='{"monitor": '), kind="image", index=4, bytes=4)
    add("ids_only", image(4, {"t": good}, real_time=None, series_date=None, start_time=None, stop_time=None,
                          series_unique_id=None), kind="image", index=4, bytes=4, undated=True)
    for dtype, tag in (("u2", 65), ("u4", 66), ("u8", 67), ("i2", 73), ("i4", 74), ("i8", 75), ("f2", 80), ("f4", 81), ("f8", 82)):
        picture = pixels(rows, columns, 4, dtype)
        picture = picture.astype(picture.dtype.newbyteorder(">"))
        for packing in ("none", "bslz4"):
            add(f"big_endian_{dtype}_{packing}", image(4, {"t": array(picture, dtype, packing, tag=tag)}), kind="image", index=4,
                bytes=picture.itemsize)
    for dtype in ("u1", "u2", "i4", "f8"):
        picture = pixels(rows, columns, 4, dtype)
        # The bytes run down the columns: those of the transposed image along its rows.
        turned = numpy.ascontiguousarray(picture.T)
        for packing in ("none", "bslz4", "lz4"):
            add(f"column_major_{dtype}_{packing}", image(4, {"t": array(turned, dtype, packing, order=1040, shape=picture.shape)}),
                kind="image", index=4, bytes=picture.itemsize)
    clamped = pixels(rows, columns, 4, "u1")
    add("clamped", image(4, {"t": array(clamped, "u1", "none", tag=68)}), kind="image", index=4, bytes=1)
    add("refused_quadruple", image(4, {"t": array(numpy.zeros((rows, 2 * columns), "<f8"), "f8", "none", tag=87)}), kind="refused",
        reason="87")
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
