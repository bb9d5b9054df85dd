"""A sender of array-1.0 (PSI's htypes, areaDetector's ADZMQ) that shares no code with the receiver.

    array_peer.py ENDPOINT EXPECTATIONS ROWS COLUMNS small|large
"""
import json
import sys
import time

from expectations import Expectations
from packed_pixels import bslz4, cbf, lz4_block, lz4_hdf5, pixels

FULL = {"u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64", "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64",
        "f4": "float32", "f8": "float64"}
EPICS_EPOCH_S = 631152000


def text(fields):
    return json.dumps(fields).encode()


def header(picture, k, **more):
    fields = {"htype": "array-1.0", "type": FULL[picture.dtype.newbyteorder("<").str[1:]], "shape": list(picture.shape), "frame": k}
    fields.update(more)
    return text({key: value for key, value in fields.items() if value != "absent"})


def small(out, rows, columns):
    k = 0
    for dtype in FULL:
        for encoding in ("absent", "none", "", "bslz4", "lz4", "lz4hdf5", "bs{}-lz4<", "lz4<", "<", "areaDetector"):
            picture = pixels(rows, columns, k, dtype)
            blob = bslz4(picture) if encoding.startswith("bs") else lz4_hdf5(picture) if encoding in ("lz4", "lz4hdf5") else \
                lz4_block(picture) if encoding in ("lz4<", "areaDetector") else picture.tobytes()
            name = "lz4" if encoding == "areaDetector" else encoding.format(8 * picture.itemsize)
            out.image([header(picture, k, encoding=name), blob], 0, k, picture, k)
            k += 1
    big = pixels(rows, columns, k, "u2").astype(">u2")
    out.image([header(big, k, endianness="big", source="x", tag=""), big.tobytes()], 0, k, big, k)
    out.image([header(big, k, endianess="big"), big.tobytes()], 0, k, big, k)
    little = pixels(rows, columns, k, "u2")
    out.image([header(little, k, endianness="little"), little.tobytes()], 0, k, little, k)
    out.image([header(little, k, shape=[1, rows, columns]), little.tobytes()], 0, k, little, k)
    out.image([header(little, k, type="UInt16"), little.tobytes()], 0, k, little, k)
    # ADZMQ before 1.4.
    out.image([header(little, k, htype=["array-1.0"], shape=[columns, rows]), little.tobytes()], 0, k, little, k)
    out.image([header(little, k, htype=["array-1.0"], shape=[columns, rows, 1]), little.tobytes()], 0, k, little, k)
    now = time.time()
    attributes = {"monitor": 3.5, "transmission": 0.75, "translation_mm": 1, "rotation_deg": 2.5, "Model": "x"}
    known = {"monitor": 3.5, "transmission": 0.75, "translation_mm": 1.0, "rotation_deg": 2.5}
    out.image([header(little, k, timeStamp=now, ndattr=attributes), little.tobytes()], 0, k, little, k, unix_s=now, **known)
    out.image([header(little, k, timeStamp=now - EPICS_EPOCH_S, encoding="", ndattr={}), little.tobytes()], 0, k, little, k, unix_s=now)
    # An attribute without a value, as C++ prints it: no JSON, but last.
    out.image([header(little, k, ndattr=dict(attributes, zlast=float("nan"))).replace(b"NaN", b"nan"), little.tobytes()], 0, k, little, k,
              **known)
    counts = pixels(rows, columns, 421, "i4")
    file = cbf(counts)
    out.image([text({"htype": "pilatus-1.0", "filename": "scan7_00421.cbf", "path": "/ramdisk/"}), file], 0, 421, counts, 421)
    out.image([text({"htype": "pilatus-1.0", "filename": "x.cbf", "frame": 421}), file], 0, 421, counts, 421)
    # The first frame again, long after it: another series.
    first = pixels(rows, columns, 0, "i4")
    out.image([header(first, 0), first.tobytes()], 1, 0, first, 0)
    out.image([header(first, 0), first.tobytes()], 1, 0, first, 0)

    out.add([header(first, 0), first.tobytes()[:-1]], "undecodable", index=0)
    out.refused([header(first, 0, encoding="bslz4"), bslz4(first)[12:]], "encoding 'bslz4'")
    out.refused([header(first, 0, encoding="blosc"), b"12345"], "encoding 'blosc'")
    out.refused([header(first, 0, type="complex64"), b"12345"], "type 'complex64'")
    out.refused([header(first, 0, shape=[2, rows, columns]), b"12345"], "shape is not")
    out.refused([header(first, 0, shape=[rows * columns]), b"12345"], "shape is not")
    out.refused([header(first, 0, frame="absent"), b""], "a frame number")
    out.refused([text({"htype": "pilatus-1.0", "filename": "scan.cbf"}), file], "a frame number")
    out.refused([text({"htype": "pilatus-1.0", "filename": "a_1.cbf"}), b"###CBF"], "no CBF file")
    out.refused([header(first, 0)], "has 1 parts")
    out.refused([header(first, 0, htype="chunk-1.0"), b""], "unknown htype")
    out.refused([header(first, 0, htype=[1, {}]), b""], "unknown htype")
    out.refused([b"{", b""], "no JSON object")


def large(out, rows, columns):
    for k, encoding in enumerate(("none", "bslz4", "lz4")):
        picture = pixels(rows, columns, k, "i4")
        blob = {"none": picture.tobytes, "bslz4": lambda: bslz4(picture), "lz4": lambda: lz4_block(picture)}[encoding]()
        out.image([header(picture, k, encoding=encoding), blob], 0, k, picture, k)


if __name__ == "__main__":
    expectations = Expectations()
    (small if sys.argv[5] == "small" else large)(expectations, int(sys.argv[3]), int(sys.argv[4]))
    expectations.push(sys.argv[1], sys.argv[2])
