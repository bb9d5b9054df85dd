"""Makes and reads what xrdct convert makes and reads, by h5py, hdf5plugin, fabio, cbor2 and libzmq's like: nothing of ours.

make-h5 FILE DATASET DTYPE COUNT [bslz4|plain|gzip] [ROWS COLUMNS]   a stack as LImA or a DECTRIS file writer makes it
make-cbf FOLDER COUNT [ROWS COLUMNS]                                 x_00000.cbf …
digest PATH                                                          HDF5, or folder of CBF files: one JSON object with the SHA-256 of every frame
"""
import hashlib
import json
import os
import sys

import fabio
import h5py
import hdf5plugin
import numpy


def frame(i, dtype, rows, columns):
    random = numpy.random.default_rng(i)
    image = random.poisson(2, (rows, columns)).astype(dtype)
    image[7, :] = -1 if numpy.dtype(dtype).kind != "u" else numpy.iinfo(dtype).max
    image[3, 5] = min(1_000_000 + i, numpy.iinfo(dtype).max // 2 + i) if numpy.dtype(dtype).kind in "iu" else 0.5 + i
    return image


def digest(image):
    return hashlib.sha256(numpy.ascontiguousarray(image.astype(image.dtype.newbyteorder("<"))).tobytes()).hexdigest()


def size(rest):
    return (int(rest[0]), int(rest[1])) if len(rest) > 1 else (167, 149)


command, path, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
if command == "make-h5":
    dataset, dtype, count, packing = rest[0], rest[1], int(rest[2]), rest[3]
    rows, columns = size(rest[4:])
    images = numpy.stack([frame(i, dtype, rows, columns) for i in range(count)])
    options = {
        "bslz4": dict(chunks=(1, rows, columns), **hdf5plugin.Bitshuffle(nelems=0, cname="lz4")),
        "gzip": dict(chunks=(2, rows // 2, columns), compression="gzip", shuffle=True),
        "plain": {},
    }[packing]
    with h5py.File(path, "w") as f:
        f.create_dataset(dataset, data=images, **options)
    print(json.dumps({"dtype": str(images.dtype.newbyteorder("=")), "frames": [digest(i) for i in images]}))
elif command == "make-cbf":
    count, (rows, columns) = int(rest[0]), size(rest[1:])
    os.makedirs(path, exist_ok=True)
    images = [frame(i, "int32", rows, columns) for i in range(count)]
    for i, image in enumerate(images):
        fabio.cbfimage.CbfImage(data=image).write(os.path.join(path, f"x_{i:05d}.cbf"))
    print(json.dumps({"frames": [digest(i) for i in images]}))
elif os.path.isdir(path):
    names = sorted(n for n in os.listdir(path) if n.endswith(".cbf"))
    print(json.dumps({
        "names": names, "frames": [digest(fabio.open(os.path.join(path, n)).data.astype("int32")) for n in names]}))
else:
    with h5py.File(path) as f:
        d = f["/entry/data/data"]
        print(json.dumps({
            "dtype": str(d.dtype), "chunks": d.chunks, "filters": sorted(d._filters), "index": f["/entry/data/index"][()].tolist(),
            "time": numpy.nan_to_num(f["/entry/data/time"][()], nan=-1).tolist(),
            "monitor": numpy.nan_to_num(f["/entry/data/monitor"][()], nan=-1).tolist(),
            "frames": [digest(d[i]) for i in range(d.shape[0])],
            "constant": [int(d[i].min()) if d[i].min() == d[i].max() else None for i in range(d.shape[0])]}))
