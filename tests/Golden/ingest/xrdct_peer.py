"""A sender of the xrdct MessagePack dialect, written from docs/streams.md; it shares no code with the receiver.

    xrdct_peer.py ENDPOINT EXPECTATIONS ROWS COLUMNS small|large
    xrdct_peer.py spread ENDPOINT,ENDPOINT COUNT      COUNT frames, one socket per endpoint in turn, then an end from the first
    xrdct_peer.py publish ENDPOINT COUNT              COUNT frames over PUB, once somebody has subscribed
"""
import sys

import msgpack
import zmq

from expectations import Expectations
from packed_pixels import bslz4, cbf, lz4_hdf5, pixels

FULL = {"u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64", "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64",
        "f2": "float16", "f4": "float32", "f8": "float64"}
PACKINGS = {"none": lambda image: image.tobytes(), "bslz4": bslz4, "lz4": lz4_hdf5, "cbf": cbf}
STOP_NS = 1709818611_123456700


def fields_of(k, picture, packing, **more):
    fields = {"type": "image", "series": 7, "series_uid": "01HRCJF83SA63WH8M5X1VBKFJM", "index": k, "start_ns": STOP_NS - 4000000,
              "stop_ns": STOP_NS, "shape": list(picture.shape), "dtype": FULL[picture.dtype.str[1:]], "encoding": packing,
              "monitor": 1e6 + k, "transmission": 0.5 + 0.001 * k, "positions": {"translation_mm": 0.01 * k, "rotation_deg": 180}}
    fields.update(more)
    return {key: value for key, value in fields.items() if value != "absent"}


def image(k, picture, packing, blob=None, **more):
    return [msgpack.packb(fields_of(k, picture, packing, **more)), PACKINGS[packing](picture) if blob is None else blob]


def facts(k):
    return {"monitor": 1e6 + k, "transmission": 0.5 + 0.001 * k, "translation_mm": 0.01 * k, "rotation_deg": 180.0, "unix_s": STOP_NS / 1e9}


def small(out, rows, columns):
    out.add(msgpack.packb({"type": "start", "series": 7, "series_uid": "01HRCJF83SA63WH8M5X1VBKFJM", "images": 250, "shape": [rows, columns],
                           "dtype": "int32", "energy_keV": 71.5, "frame_time_s": 0.004, "distance_m": 0.75,
                           "detector": "Pilatus3 X CdTe 2M", "user": {"a": [1, None, b"x", {"b": 1.5}]}}),
            "start", series=7, uid="01HRCJF83SA63WH8M5X1VBKFJM", images=250, rows=rows, columns=columns, energy_keV=71.5, period_ms=4.0,
            distance_m=0.75, detector="Pilatus3 X CdTe 2M")
    out.add(msgpack.packb({"series": 2 ** 63 - 1, "energy_keV": 71, "type": "start"}), "start", series=2 ** 63 - 1, energy_keV=71.0)
    k = 0
    for dtype in FULL:
        for encoding in ("none", "bslz4", "lz4"):
            picture = pixels(rows, columns, k, dtype)
            out.image(image(k, picture, encoding), 7, k, picture, k, **facts(k))
            k += 1
    picture = pixels(rows, columns, k, "i4")
    for more in ({}, {"shape": "absent"}, {"dtype": "absent"}, {"shape": "absent", "dtype": None}):
        out.image(image(k, picture, "cbf", **more), 7, k, picture, k, **facts(k))
    out.image(image(k, picture, "none", encoding="absent"), 7, k, picture, k, **facts(k))
    out.image(image(k, picture, "none", encoding=None), 7, k, picture, k, **facts(k))
    bare = {key: "absent" for key in ("series_uid", "start_ns", "stop_ns", "monitor", "transmission", "positions")}
    out.image(image(k, picture, "bslz4", **bare), 7, k, picture, k)
    out.image(image(k, picture, "bslz4", **dict(bare, monitor=3, transmission=1, translation_mm=1.5)), 7, k, picture, k, monitor=3.0, transmission=1.0,
              translation_mm=1.5)
    out.image(image(k, picture, "bslz4", **dict(bare, monitor=float("nan"), transmission=float("inf"), positions={"rotation_deg": None, "other": [1], 5: 6})),
              7, k, picture, k)
    out.image(image(k, picture, "bslz4", **dict(bare, surprise=msgpack.ExtType(5, b"12"), more={"a": {1: [None, True, b"12", 2 ** 64 - 1]}})),
              7, k, picture, k)

    whole = image(k, picture, "bslz4")
    out.add([whole[0], whole[1][:-9]], "undecodable", index=k)
    out.add([whole[0], b""], "undecodable", index=k)
    for more in ({"shape": [rows]}, {"shape": [rows, columns, 1]}, {"shape": [rows, 0]}, {"shape": [rows, "x"]}, {"dtype": "i4"},
                 {"encoding": "zstd"}, {"shape": "absent"}, {"dtype": "absent"}):
        out.refused(image(k, picture, "none", **more), "is not supported")
    out.refused(image(k, picture, "cbf", b"###CBF"), "no CBF file")
    out.refused(image(k, picture, "none", index="absent"), "an index")
    out.refused(image(k, picture, "none", index=-1), "an index")
    out.refused(image(k, picture, "none", index=2 ** 31), "an index")
    out.refused(image(k, picture, "none", series="absent"), "no series")
    out.refused(image(k, picture, "none", type="absent"), "unknown type")
    out.refused(image(k, picture, "none", type="picture"), "unknown type")
    out.refused(whole[:1], "1 parts")
    out.refused([*whole, b""], "3 parts")
    out.refused([whole[0][:-4], whole[1]], "not of the xrdct dialect")
    out.refused([msgpack.packb({"type": "end"})[:-1]], "not of the xrdct dialect")
    out.refused([b"\x81\xdb\xff\xff\xff\xffabc"], "not of the xrdct dialect")
    out.refused([msgpack.packb([1, 2])], "not of the xrdct dialect")
    out.refused([msgpack.packb({1: 2})], "not of the xrdct dialect")
    out.refused([b""], "not of the xrdct dialect")
    out.refused([b"\xc1"], "not of the xrdct dialect")
    out.refused([b"\xdf\xff\xff\xff\xff"], "not of the xrdct dialect")
    out.refused([b"\x81\xa1a" + 100 * b"\x91"], "nested too deeply")
    out.add(msgpack.packb({"type": "end", "series": 7}), "end", series=7)


def large(out, rows, columns):
    for k, encoding in enumerate(("bslz4", "none", "cbf")):
        picture = pixels(rows, columns, k, "i4")
        out.image(image(k, picture, encoding), 7, k, picture, k, **facts(k))


def spread(endpoints, count):
    context = zmq.Context()
    sockets = []
    for endpoint in endpoints.split(","):
        sockets.append(context.socket(zmq.PUSH))
        sockets[-1].connect(endpoint)
    for k in range(count):
        sockets[k % len(sockets)].send_multipart(image(k, pixels(20, 30, k, "i4"), "bslz4"))
    for socket in sockets:
        socket.close(linger=60000)
    context.term()


def publish(endpoint, count):
    context = zmq.Context()
    socket = context.socket(zmq.XPUB)
    socket.connect(endpoint)
    assert socket.recv() == b"\x01"
    for k in range(count):
        socket.send_multipart(image(k, pixels(20, 30, k, "i4"), "bslz4"))
    socket.close(linger=60000)
    context.term()


if __name__ == "__main__":
    if sys.argv[1] in ("spread", "publish"):
        (spread if sys.argv[1] == "spread" else publish)(sys.argv[2], int(sys.argv[3]))
    else:
        expectations = Expectations()
        (small if sys.argv[5] == "small" else large)(expectations, int(sys.argv[3]), int(sys.argv[4]))
        expectations.push(sys.argv[1], sys.argv[2])
