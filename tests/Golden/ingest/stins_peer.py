"""A sender of MAX IV's streams that shares no code with the receiver: STINS (streaming-receiver) and pilatus-streamer.

    stins_peer.py ENDPOINT EXPECTATIONS ROWS COLUMNS small|large
"""
import json
import sys

from expectations import Expectations
from packed_pixels import bslz4, cbf, lz4_hdf5, pixels

FULL = {"u1": "uint8", "u2": "uint16", "u4": "uint32", "i4": "int32", "f4": "float32"}
PACKINGS = {"none": lambda image: image.tobytes(), "bslz4": bslz4, "lz4": lz4_hdf5}


def text(fields):
    return json.dumps(fields).encode()


def image(number, k, picture, packing, blob=None, **more):
    dtype = picture.dtype.str[1:]
    fields = {"htype": "image", "msg_number": number, "frame": k, "shape": list(picture.shape), "type": FULL[dtype],
              "compression": packing, "exposure_time": 0.1}
    fields.update(more)
    fields = {key: value for key, value in fields.items() if value != "absent"}
    return [text(fields), PACKINGS[packing](picture) if blob is None else blob]


def small(out, rows, columns):
    name = "/data/visitors/scan-33478_pilatus.h5"
    out.add([text({"htype": "header", "msg_number": 10, "filename": name}),
             text({"energy": 12400, "threshold": 6200, "save_raw": True, "exptime": 0.1})], "start", series=1, uid=name,
            energy_keV=12.4, period_ms=100.0)
    # What streaming-receiver makes of an Eiger's header.
    out.add([text({"htype": "header", "msg_number": 11, "filename": ""}),
             text({"count_time": 0.1, "photon_energy": 71000.0, "nimages": 2, "ntrigger": 30, "trigger_mode": "exts", "rotate": 0})],
            "start", series=2, images=60, energy_keV=71.0)
    out.add([text({"htype": "header", "filename": "a\"b\\c"})], "start", series=3, uid="a\"b\\c")
    out.add([text({"htype": "header", "msg_number": 100, "filename": None}), text({"top_level": {"nest": [42]}, "energy": "?"})],
            "start", series=4)
    k = 0
    for dtype in ("u1", "u2", "u4", "i4", "f4"):
        for compression in ("none", "bslz4", "lz4"):
            picture = pixels(rows, columns, k, dtype)
            out.image(image(101 + k, k, picture, compression), 4, k, picture, k)
            k += 1
    picture = pixels(rows, columns, k, "i4")
    for more in ({"msg_number": "absent"}, {"exposure_time": "absent", "top_level": {"nest": 42}}, {"frame": float(k)}, {"frame": str(k)},
                 {"shape": [str(rows), str(columns)]}, {"shape": [float(rows), columns]}):
        out.image(image(150, k, picture, "bslz4", **more), 4, k, picture, k)
    out.image(image(150, k, picture, "none", compression="absent"), 4, k, picture, k)
    out.image(image(150, k, picture, "none", compression=None), 4, k, picture, k)
    out.image(image(150, k, picture, "none", compression=""), 4, k, picture, k)
    # pilatus-streamer before and after it sent CBF files.
    out.image(image(150, k, picture, "bslz4", compression=True), 4, k, picture, k)
    out.image(image(150, k, picture, "none", compression=False), 4, k, picture, k)
    file = cbf(picture)
    assert b"Content-MD5:" in file
    for more in ({}, {"type": "absent"}, {"shape": "absent"}, {"shape": [0, 0], "msg_number": "absent"}):
        out.image(image(150, k, picture, "none", file, **dict({"compression": "cbf"}, **more)), 4, k, picture, k)
    out.image(image(150, k, picture, "bslz4", monitor=5.5, transmission=0.875, translation_mm=1, rotation_deg=-2.5), 4, k, picture, k, monitor=5.5,
              transmission=0.875, translation_mm=1.0, rotation_deg=-2.5)
    # A worker was slower than the header of the next series.
    out.image(image(99, k, picture, "bslz4"), 3, k, picture, k)
    # Several thresholds: a part each; the receiver takes the first where no channel is named.
    other = pixels(rows, columns, 99, "i4")
    out.image([*image(150, k, picture, "bslz4", shape=[2, rows, columns], chunks=[1, rows, columns]), bslz4(other)], 4, k, picture, k)
    out.image(image(150, k, picture, "bslz4", shape=[1, rows, columns]), 4, k, picture, k)

    whole = image(150, k, picture, "bslz4")
    out.add([whole[0], whole[1][:-9]], "undecodable", index=k)
    out.add([whole[0], b""], "undecodable", index=k)
    wrong = "shape, type or compression"
    for more in ({"compression": "zstd"}, {"type": "mono12p"}, {"type": "absent"}, {"shape": "absent"}, {"shape": [rows]}, {"shape": [0, 5]}):
        out.refused(image(150, k, picture, "none", **more), wrong)
    out.refused(image(150, k, picture, "none", b"no file", compression="cbf"), "no CBF file")
    out.refused(image(150, k, picture, "none", file[:-1000], compression="cbf"), "cut short")
    out.refused(image(150, k, picture, "none", frame="absent"), "a frame number")
    out.refused(image(150, k, picture, "none", frame=-1), "a frame number")
    out.refused(image(150, k, picture, "none", frame=1.5), "a frame number")
    out.refused(whole[:1], "has 1 parts")
    out.refused([*whole, b""], "has 3 parts")
    out.refused([whole[0][:-1], whole[1]], "no JSON object")
    out.refused([b"null"], "no JSON object")
    out.refused([text({"htype": "dimage-1.0"})], "unknown htype")
    out.add(text({"htype": "series_end", "msg_number": 160}), "end", series=4)
    out.add(text({"htype": "series_end"}), "end", series=4)


def large(out, rows, columns):
    out.add(text({"htype": "header", "msg_number": 1, "filename": ""}), "start", series=1)
    for k, compression in enumerate(("bslz4", "none", "cbf")):
        picture = pixels(rows, columns, k, "i4")
        parts = image(2 + k, k, picture, "none", cbf(picture), compression="cbf") if compression == "cbf" else \
            image(2 + k, k, picture, compression)
        out.image(parts, 1, k, picture, k)
    out.add(text({"htype": "series_end", "msg_number": 5}), "end", series=1)


if __name__ == "__main__":
    expectations = Expectations()
    (small if sys.argv[5] == "small" else large)(expectations, int(sys.argv[3]), int(sys.argv[4]))
    expectations.push(sys.argv[1], sys.argv[2])
