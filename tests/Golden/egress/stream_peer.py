"""A receiver of detector streams written from their specifications, sharing no code with the sender: cbor2, json, msgpack, h5py with
hdf5plugin (bslz4), lz4.block, fabio (CBF) and libzmq.

    stream_peer.py check DIALECT FOLDER…        decodes FOLDER/mNN_pN (message, part), compares image k with FOLDER/plain_k.bin
    stream_peer.py receive DIALECT PORT COUNT   binds a PULL socket, takes COUNT images and what belongs to them
    stream_peer.py make FOLDER COUNT            writes COUNT images as CBF files (fabio) and as one HDF5 stack (h5py)
    stream_peer.py simplon REST PORT FORMAT     arms and triggers a detector over REST (urllib) and takes what it sends

All print one JSON document.
"""
import base64
import glob
import hashlib
import json
import os
import re
import struct
import sys

import cbor2
import h5py
import hdf5plugin
import lz4.block
import msgpack
import numpy

# RFC 8746
CBOR_TYPES = {64: "<u1", 69: "<u2", 70: "<u4", 71: "<u8", 72: "<i1", 77: "<i2", 78: "<i4", 79: "<i8", 84: "<f2", 85: "<f4", 86: "<f8"}


def filtered(blob, dtype, count, options):
    """What HDF5 makes of a chunk that was stored as it is."""
    with h5py.File("memory.h5", "w", driver="core", backing_store=False) as file:
        data = file.create_dataset("d", shape=(count,), chunks=(count,), dtype=dtype, **options)
        data.id.write_direct_chunk((0,), blob)
        return data[()]


def bslz4(blob, dtype):
    size = numpy.dtype(dtype).itemsize
    plain, block = struct.unpack(">QI", blob[:12])
    return filtered(blob, dtype, plain // size, hdf5plugin.Bitshuffle(nelems=block // size, lz4=True))


def lz4_framed(blob, dtype):
    """HDF5 filter 32004, which Debian's hdf5plugin does not have."""
    plain, block = struct.unpack(">QI", blob[:12])
    out, at = b"", 12
    while len(out) < plain:
        size, = struct.unpack(">I", blob[at:at + 4])
        due = min(block, plain - len(out))
        part = blob[at + 4:at + 4 + size]
        out += part if size == due else lz4.block.decompress(part, uncompressed_size=due)
        at += 4 + size
    assert at == len(blob) and len(out) == plain
    return numpy.frombuffer(out, dtype)


def numpy_type(name):
    return numpy.dtype(name).newbyteorder("<")


def stream2(parts):
    assert len(parts) == 1 and parts[0][:3] == bytes.fromhex("d9d9f7"), "one part that begins with tag 55799"
    assert parts[0][3] >> 5 == 5 and parts[0][3] & 31 != 31, "a map of definite length"

    def hook(decoder, tag):
        if tag.tag == 55799:
            return tag.value
        if tag.tag == 40:
            shape, values = tag.value
            return values.reshape(shape)
        if tag.tag == 56500:
            return tag
        if tag.tag in CBOR_TYPES:
            dtype = numpy.dtype(CBOR_TYPES[tag.tag])
            if isinstance(tag.value, bytes):
                return numpy.frombuffer(tag.value, dtype)
            algorithm, size, blob = tag.value.value
            if algorithm == "bslz4":
                assert size == dtype.itemsize
                return bslz4(blob, dtype)
            assert (algorithm, size) == ("lz4", 0)
            return lz4_framed(blob, dtype)
        raise ValueError(f"tag {tag.tag}")

    fields = cbor2.loads(parts[0], tag_hook=hook)
    assert list(fields)[0] == "type"
    if fields["type"] == "image":
        channels = fields.pop("data")
        return dict(fields, kind="image", index=fields["image_id"], series=fields["series_id"],
                    pixels=list(channels.values())[0], channels=channels)
    return dict(fields, kind=fields["type"], series=fields["series_id"])


def stream1(parts):
    head = json.loads(parts[0])
    if head["htype"] == "dseries_end-1.0":
        assert len(parts) == 1
        return dict(head, kind="end")
    if head["htype"] == "dheader-1.0":
        count = {"none": 1, "basic": 2, "all": 8}[head["header_detail"]]
        assert len(parts) in (count, count + 1), len(parts)
        found = dict(head, kind="start", appendix=parts[count].decode() if len(parts) > count else None)
        if count > 1:
            found["configuration"] = json.loads(parts[1])
        if count > 2:
            for at, htype in ((2, "dflatfield-1.0"), (4, "dpixelmask-1.0"), (6, "dcountrate_table-1.0")):
                table = json.loads(parts[at])
                assert table["htype"] == htype
                values = numpy.frombuffer(parts[at + 1], numpy_type(table["type"]))
                shape = table["shape"] if htype.startswith("dcount") else table["shape"][::-1]
                found[htype] = values.reshape(shape)
        return found
    assert head["htype"] == "dimage-1.0" and len(parts) in (4, 5)
    data, times = json.loads(parts[1]), json.loads(parts[3])
    assert data["htype"] == "dimage_d-1.0" and times["htype"] == "dconfig-1.0"
    assert data["size"] == len(parts[2])
    assert times["stop_time"] - times["start_time"] == times["real_time"]
    dtype = numpy_type(data["type"])
    encoding = re.fullmatch(r"(?:bs(\d+)-)?(lz4)?<", data["encoding"])
    if encoding[1]:
        assert int(encoding[1]) == 8 * dtype.itemsize
        values = bslz4(parts[2], dtype)
    elif encoding[2]:
        columns, rows = data["shape"]
        plain = lz4.block.decompress(parts[2], uncompressed_size=columns * rows * dtype.itemsize)
        values = numpy.frombuffer(plain, dtype)
    else:
        values = numpy.frombuffer(parts[2], dtype)
    if head["hash"]:
        assert head["hash"] == hashlib.md5(values.tobytes()).hexdigest()
    return dict(head, kind="image", index=head["frame"], pixels=values.reshape(data["shape"][::-1]), hash=head["hash"],
                stop_ns=times["stop_time"], appendix=parts[4].decode() if len(parts) > 4 else None)


def stins(parts):
    head = json.loads(parts[0])
    if head["htype"] == "header":
        return dict(head, kind="start", settings=json.loads(parts[1]))
    if head["htype"] == "series_end":
        return dict(head, kind="end")
    dtype = numpy_type(head["type"])
    values = {"bslz4": bslz4, "none": numpy.frombuffer}[head["compression"]](parts[1], dtype)
    return dict(head, kind="image", index=head["frame"], pixels=values.reshape(head["shape"]))


def cbf(content):
    import fabio.cbfimage
    import io
    assert content.startswith(b"###CBF: ")
    section = content.index(b"\x0c\x1a\x04\xd5") + 4
    size = int(re.search(rb"X-Binary-Size: (\d+)", content)[1])
    padding = int(re.search(rb"X-Binary-Size-Padding: (\d+)", content)[1])
    digest = re.search(rb"Content-MD5: (\S+)", content)[1]
    assert base64.b64encode(hashlib.md5(content[section:section + size]).digest()) == digest, "Content-MD5"
    assert content[section + size:] == bytes(padding) + b"\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;\r\n\r\n"
    image = fabio.cbfimage.CbfImage()
    image.read(io.BytesIO(content), check_MD5=True)
    return image.data, image.header


def pilatus_streamer(parts):
    head = json.loads(parts[0])
    if head["htype"] in ("header", "series_end"):
        assert len(parts) == 1
        return dict(head, kind={"header": "start", "series_end": "end"}[head["htype"]])
    found = dict(head, kind="image", index=head["frame"])
    if head["compression"] == "cbf":
        pixels, header = cbf(parts[1])
        return dict(found, pixels=pixels, contents=header["_array_data.header_contents"])
    assert head["compression"] == ""
    return dict(found, pixels=numpy.frombuffer(parts[1], numpy_type(head["type"])).reshape(head["shape"]))


def array(parts):
    head = json.loads(parts[0])
    assert head["htype"] == "array-1.0" and head["encoding"] == "" and head["endianness"] == "little" and len(parts) == 2
    pixels = numpy.frombuffer(parts[1], numpy_type(head["type"])).reshape(head["shape"])
    return dict(head, kind="image", index=head["frame"], pixels=pixels)


def xrdct(parts):
    head = msgpack.unpackb(parts[0])
    assert list(head)[:2] == ["type", "series"]
    if head["type"] != "image":
        assert len(parts) == 1
        return dict(head, kind=head["type"])
    assert len(parts) == 2
    dtype = numpy_type(head["dtype"])
    values = {"bslz4": bslz4, "lz4": lz4_framed, "none": numpy.frombuffer}[head["encoding"]](parts[1], dtype)
    return dict(head, kind="image", pixels=values.reshape(head["shape"]))


DIALECTS = {"dectris-stream-2": stream2, "dectris-stream-1": stream1, "stins": stins, "pilatus-streamer": pilatus_streamer,
            "array-1.0": array, "xrdct": xrdct}


def summary(value):
    """JSON of what was decoded: arrays as their shape, type and sum of bytes."""
    if isinstance(value, numpy.ndarray):
        return {"shape": list(value.shape), "dtype": value.dtype.name, "md5": hashlib.md5(value.tobytes()).hexdigest()}
    if isinstance(value, bytes):
        return value.decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def check(dialect, folder):
    messages = {}
    for path in sorted(glob.glob(os.path.join(folder, "m*_p*"))):
        message = os.path.basename(path).split("_")[0]
        with open(path, "rb") as file:
            messages.setdefault(message, []).append(file.read())
    decoded = [DIALECTS[dialect](messages[name]) for name in sorted(messages)]
    for image in decoded:
        if image["kind"] == "image":
            with open(os.path.join(folder, f"plain_{image['index']}.bin"), "rb") as file:
                assert image["pixels"].astype(image["pixels"].dtype.newbyteorder("<")).tobytes() == file.read(), folder
    return decoded


def receive(dialect, port, count):
    import zmq
    socket = zmq.Context().socket(zmq.PULL)
    socket.set_hwm(4)
    socket.bind(f"tcp://127.0.0.1:{port}")
    print("ready", file=sys.stderr, flush=True)
    decoded = []
    images = 0
    while images < count or (dialect != "array-1.0" and decoded[-1]["kind"] != "end"):
        if not socket.poll(60000):
            raise SystemExit(f"nothing came after {len(decoded)} messages")
        decoded.append(DIALECTS[dialect](socket.recv_multipart()))
        images += decoded[-1]["kind"] == "image"
    return decoded


def make(folder, count):
    import fabio.cbfimage
    i = numpy.arange(53 * 37)
    images = []
    for k in range(int(count)):
        image = ((7 * i + 13 * k) % 1000).astype("<i4")
        image[i % 211 == 3] = 1_000_000 + k
        image[i % 101 == 5], image[i % 11 == 0] = -2, -1
        images.append(image.reshape(53, 37))
        fabio.cbfimage.CbfImage(data=images[-1]).write(os.path.join(folder, f"image_{k:05}.cbf"))
    with h5py.File(os.path.join(folder, "stack.h5"), "w") as file:
        file.create_dataset("entry/data/data", data=numpy.array(images), chunks=(1, 53, 37), compression="gzip")
        file.create_dataset("small", data=numpy.array(images).astype("<u2"))
        file.create_dataset("packed", data=numpy.array(images), chunks=(1, 53, 37), **hdf5plugin.Bitshuffle())
    return images


def simplon(rest, port, stream_format):
    """What a beamline's control program does with a SIMPLON detector: 2 images for each of 3 triggers."""
    import urllib.error
    import urllib.request
    import zmq

    def call(method, path, value=None):
        body = None if value is None else json.dumps({"value": value}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{rest}/{path}", body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    def state():
        return call("GET", "detector/api/1.8.0/status/state")[1]["value"]

    socket = zmq.Context().socket(zmq.PULL)
    socket.connect(f"tcp://127.0.0.1:{port}")
    log = {"before": state()}
    assert call("PUT", "detector/api/1.8.0/command/initialize")[0] == 200
    log["initialized"] = state()
    assert call("PUT", "stream/api/1.8.0/config/format", stream_format)[0] == 200
    assert call("PUT", "stream/api/1.8.0/config/mode", "enabled")[0] == 200
    assert call("PUT", "stream/api/1.8.0/config/header_appendix", "sample 7")[0] == 200
    log["changed"] = call("PUT", "detector/api/1.8.0/config/nimages", 2)[1]
    assert call("PUT", "detector/api/1.8.0/config/ntrigger", 3)[0] == 200
    assert call("PUT", "detector/api/1.8.0/config/frame_time", 0.02)[0] == 200
    assert call("PUT", "detector/api/1.8.0/config/photon_energy", 60000)[0] == 200
    log["nimages"] = call("GET", "detector/api/1.8.0/config/nimages")[1]
    log["unknown"] = call("GET", "detector/api/1.8.0/config/colour")
    log["bad"] = call("PUT", "detector/api/1.8.0/config/nimages", -1)
    log["unarmed"] = call("PUT", "detector/api/1.8.0/command/trigger")
    log["armed"] = call("PUT", "detector/api/1.8.0/command/arm")[1]
    log["ready"] = state()
    dialect = {"cbor": stream2, "legacy": stream1}[stream_format]
    messages = []

    def take(count):
        for _ in range(count):
            assert socket.poll(60000), f"nothing came after {len(messages)} messages"
            messages.append(dialect(socket.recv_multipart()))

    take(1)
    for trigger in range(3):
        assert call("PUT", "detector/api/1.8.0/command/trigger")[0] == 200
        take(2)
    take(1)
    log["after"] = state()
    second = call("PUT", "detector/api/1.8.0/command/arm")[1]["sequence id"]
    assert call("PUT", "detector/api/1.8.0/command/disarm")[0] == 200
    take(2)
    log["second"], log["disarmed"] = second, state()
    return dict(log, messages=messages)


if __name__ == "__main__":
    command, name, *more = sys.argv[1:]
    found = {"check": lambda: [check(name, folder) for folder in more], "receive": lambda: receive(name, more[0], int(more[1])),
             "make": lambda: make(name, more[0]), "simplon": lambda: simplon(name, more[0], more[1])}[command]()
    print(json.dumps(found, default=summary))
