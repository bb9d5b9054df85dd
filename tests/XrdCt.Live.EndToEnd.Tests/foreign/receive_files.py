"""Takes what xrdct forward sends, by libzmq and fabio, and prints a line for every message: nothing of ours.

PORT SERIES [--pause S]: until so many series have ended. pilatus-streamer: 'image INDEX SHA256-of-the-file'; DECTRIS Stream V2, unpacked by
HDF5's bitshuffle: 'image INDEX SHA256-of-the-pixels'; 'start' and 'end'."""
import hashlib
import json
import sys
import time

import zmq

port, series = int(sys.argv[1]), int(sys.argv[2])
pause = float(sys.argv[sys.argv.index("--pause") + 1]) if "--pause" in sys.argv else 0
socket = zmq.Context().socket(zmq.PULL)
socket.set_hwm(1)
socket.RCVTIMEO = 60_000
socket.connect(f"tcp://127.0.0.1:{port}")


def pixels(data):
    import cbor2  # noqa: F401
    import h5py
    import hdf5plugin
    import numpy
    shape, typed = data.value
    name, size, packed = typed.value.value
    assert (typed.tag, name, size) == (78, "bslz4", 4)
    with h5py.File("chunk.h5", "w", driver="core", backing_store=False) as f:
        d = f.create_dataset("d", shape, "<i4", chunks=tuple(shape), **hdf5plugin.Bitshuffle(nelems=0, cname="lz4"))
        d.id.write_direct_chunk((0, 0), packed)
        return numpy.ascontiguousarray(d[()]).tobytes()


while series:
    parts = socket.recv_multipart()
    if parts[0][:1] == b"{":
        head = json.loads(parts[0])
        kind = {"header": "start", "series_end": "end"}.get(head["htype"], "image")
        index, content = head.get("frame"), parts[-1]
    else:
        import cbor2
        head = cbor2.loads(parts[0])
        head = getattr(head, "value", head)
        kind, index = head["type"], head.get("image_id")
        content = pixels(head["data"]["threshold_1"]) if kind == "image" else b""
    print(f"image {index} {hashlib.sha256(content).hexdigest()}" if kind == "image" else kind, flush=True)
    series -= kind == "end"
    time.sleep(pause)
