"""A DECTRIS Stream V1 sender that shares no code with the receiver.

    stream1_peer.py ENDPOINT EXPECTATIONS ROWS COLUMNS small|large

small: header details, every type and encoding, appendices and wrong messages; large: three frames of int32 in bslz4.
"""
import hashlib
import json
import struct
import sys

import numpy

from expectations import Expectations
from packed_pixels import bslz4, lz4_block, pixels

FULL = {"u1": "uint8", "u2": "uint16", "u4": "uint32", "i4": "int32", "i2": "int16", "u8": "uint64", "f4": "float32"}
KNOWN = {"energy_keV": 71.0, "period_ms": 4.0, "distance_m": 0.75, "detector": "Dectris EIGER1 Si 1M"}
CONFIGURATION = {
    "auto_summation": True, "beam_center_x": 737.5, "bit_depth_image": 32, "compression": "bslz4", "count_time": 0.0039,
    "data_collection_date": "2024-03-07T14:43:31.193+01:00", "description": "Dectris EIGER1 Si 1M", "detector_distance": 0.75,
    "detector_translation": [0.0, 0.0, 0.5], "frame_time": 0.004, "nimages": 5, "ntrigger": 3, "photon_energy": 71000.0,
    "roi_mode": "", "trigger_mode": "ints", "wavelength": 0.1746}


def text(fields, compact=True):
    return json.dumps(fields, separators=(",", ":") if compact else None).encode()


def header(series, detail, tables=None, appendix=None, **configuration):
    parts = [text({"header_detail": detail, "htype": "dheader-1.0", "series": series})]
    if detail != "none":
        parts.append(text(dict(CONFIGURATION, **configuration)))
    for name, table, kind in tables or []:
        parts.append(text({"htype": name, "shape": list(table.shape[::-1]), "type": kind}))
        parts.append(table.tobytes())
    if appendix is not None:
        parts.append(appendix)
    return parts


def image(series, k, picture, encoding, blob, appendix=None, htype="dimage-1.0", first=None, second=None, time=True, digest=None):
    dtype = picture.dtype.newbyteorder("<").str[1:]
    description = text(dict({"encoding": encoding, "htype": "dimage_d-1.0", "shape": list(picture.shape[::-1]), "size": len(blob),
                             "type": FULL[dtype]}, **second or {}))
    # A real EIGER: the sum of the part that follows.
    digest = hashlib.md5(description).hexdigest() if digest is None else digest
    parts = [text(dict({"frame": k, "hash": digest, "htype": htype, "series": series}, **first or {})), description, blob]
    if time:
        parts.append(text({"htype": "dconfig-1.0", "real_time": 3900000, "start_time": 4843213806960 + 4000000 * k,
                           "stop_time": 4843213806960 + 4000000 * (k + 1)}))
    return parts + ([appendix] if appendix is not None else [])


def small(out, rows, columns):
    i = numpy.arange(rows * columns)
    flat = (1 + i % 7 / 8).astype("<f4").reshape(rows, columns)
    mask = numpy.where(i % 13 == 0, 1 << (i % 5), 0).astype("<u4").reshape(rows, columns)
    rates = numpy.linspace(0, 1, 8000).astype("<f4").reshape(4000, 2)
    tables = [("dflatfield-1.0", flat, "float32"), ("dpixelmask-1.0", mask, "uint32"), ("dcountrate_table-1.0", rates, "float32")]

    # The appendix of MAX IV is JSON; an energy in it is none of DECTRIS'.
    out.add(header(14, "all", tables, b'{"filename": "", "rotate": 0, "energy": 71.0, "nimages": 7}'), "start", series=14, images=15,
            tables=True, **KNOWN)
    out.add(header(14, "all", tables), "start", series=14, images=15, tables=True, **KNOWN)
    out.add(header(15, "basic", trigger_mode="exte", ntrigger=40, x_pixels_in_detector=columns, y_pixels_in_detector=rows), "start",
            series=15, images=40, rows=rows, columns=columns, **KNOWN)
    out.add(header(15, "basic", appendix=b"free text", trigger_mode="inte", ntrigger=41), "start", series=15, images=41, **KNOWN)
    out.add(header(16, "none"), "start", series=16)
    out.add(header(16, "none", appendix=b'{"photon_energy": 1, "nimages": 9}'), "start", series=16)

    k = 0
    for dtype in ("u1", "u2", "u4", "i4", "i2", "u8", "f4"):
        for encoding in ("<", "bs{}-lz4<", "bs{}lz4<", "bslz4<", "lz4<", "", ">", "bs{}-lz4>", "lz4>"):
            picture = pixels(rows, columns, k, dtype)
            encoding = encoding.format(8 * picture.itemsize)
            if encoding.endswith(">"):
                picture = picture.astype(picture.dtype.newbyteorder(">"))
            blob = bslz4(picture.view(picture.dtype.newbyteorder("<"))) if "bs" in encoding else \
                lz4_block(picture) if "lz4" in encoding else picture.tobytes()
            out.image(image(16, k, picture, encoding, blob), 16, k, picture, k)
            k += 1

    def good(**more):
        nonlocal k
        k += 1
        picture = pixels(rows, columns, k, "u4")
        facts = more.pop("facts", {})
        blob = more.pop("blob", bslz4(picture))
        out.image(image(16, k, picture, "bs32-lz4<", blob, **more), 16, k, picture, k, **facts)

    good(appendix=b'{"monitor": 1234.5, "translation_mm": -0.25, "rotation_deg": 90.5, "transmission": 0.625, "more": [1, {"monitor": 3}]}',
         facts={"monitor": 1234.5, "translation_mm": -0.25, "rotation_deg": 90.5, "transmission": 0.625})
    good(appendix=b'\r\n {"monitor": 77}\x00', facts={"monitor": 77.0})
    good(appendix=b"free { text")
    good(appendix=b"")
    good(time=False)
    good(first={"acqID": "scan_7", "msg_number": 3, "unknown": {"a": [None, True]}}, second={"chunks": None})
    good(second={"size": 10 ** 12})
    good(second={"size": 1})
    good(second={"size": "18874368", "shape": [str(columns), float(rows)]})
    good(digest="")
    good(digest=hashlib.md5(pixels(rows, columns, k + 1, "u4").tobytes()).hexdigest().upper())
    # A header of zeros, and the sum over the packed pixels: LiberTEM's simulator.
    zeros = b"\0" * 12 + bslz4(pixels(rows, columns, k + 1, "u4"))[12:]
    good(blob=zeros, digest=hashlib.md5(zeros).hexdigest())
    # Go and .NET write < as \u003c; a NUL may end the text.
    k += 1
    picture = pixels(rows, columns, k, "u4")
    parts = image(16, k, picture, "bs32-lz4<", bslz4(picture))
    parts[0] = b" \n" + parts[0] + b"\x00"
    parts[1] = parts[1].replace(b"<", b"\\u003c").replace(b"dimage", b"\\u0064image") + b"\n"
    parts[0] = parts[0].replace(hashlib.md5(image(16, k, picture, "bs32-lz4<", parts[2])[1]).hexdigest().encode(),
                                hashlib.md5(parts[1]).hexdigest().encode())
    out.image(parts, 16, k, picture, k)

    picture = pixels(rows, columns, 1, "u4")
    whole = image(16, 1, picture, "bs32-lz4<", bslz4(picture))
    cut = bslz4(picture)[:-7]
    out.add(image(16, 1, picture, "bs32-lz4<", cut, digest=hashlib.md5(cut).hexdigest()), "undecodable", index=1)
    out.add(image(16, 1, picture, "bs32-lz4<", b"", digest=hashlib.md5(b"").hexdigest()), "undecodable", index=1)
    wrong = "its second part does not name"
    for change in ({"encoding": "bs16-lz4<"}, {"encoding": "adsc"}, {"type": "uint24"}, {"shape": [columns]}, {"shape": [0, rows]},
                   {"shape": [-1, rows]}, {"shape": [columns, rows, 3]}, {"shape": "[x,y]"}, {"shape": [1e300, rows]}, {"shape": [65536, 1]}):
        out.refused(image(16, 1, picture, "bs32-lz4<", bslz4(picture), second=change), wrong)
    out.refused([whole[0], b"[]", *whole[2:]], wrong)
    out.refused(whole[:2], "has 2 parts")
    out.refused([*whole, b"", b""], "has 6 parts")
    out.refused([text({"htype": "dimage-1.0", "series": 16}), *whole[1:]], "a frame number")
    out.refused([text({"htype": "dimage-1.0", "series": 16, "frame": 2 ** 31}), *whole[1:]], "a frame number")
    out.refused([text({"htype": "dimage-1.0", "frame": 1}), *whole[1:]], "no JSON object with a series")
    out.refused([text({"htype": "dother-1.0", "series": 16})], "unknown htype")
    out.refused([b"\xd9\xd9\xf7\xa1dtypecend"], "set to cbor")
    out.refused([whole[0][:-3], *whole[1:]], "no JSON object")
    out.refused([b""], "no JSON object")
    out.add(text({"htype": "dseries_end-1.0", "series": 16}), "end", series=16)
    out.add(text({"htype": "deseries_end-1.0", "series": 16}), "end", series=16)


def large(out, rows, columns):
    out.add(header(14, "basic", nimages=3, ntrigger=1), "start", series=14, images=3, **KNOWN)
    for k in range(3):
        picture = pixels(rows, columns, k, "i4")
        out.image(image(14, k, picture, "bs32-lz4<", bslz4(picture)), 14, k, picture, k)
    out.add(text({"htype": "dseries_end-1.0", "series": 14}), "end", series=14)


if __name__ == "__main__":
    expectations = Expectations()
    (small if sys.argv[5] == "small" else large)(expectations, int(sys.argv[3]), int(sys.argv[4]))
    expectations.push(sys.argv[1], sys.argv[2])
