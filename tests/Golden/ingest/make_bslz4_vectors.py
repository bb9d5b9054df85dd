"""Takes bitshuffle-LZ4 chunks, as HDF5 stores them, out of files that hdf5plugin wrote.

    make_bslz4_vectors.py variants VARIANTS_H5 OUT_PREFIX     -> OUT_PREFIX.bin, OUT_PREFIX.json (small, committed)
    make_bslz4_vectors.py frame FRAMES_H5 INDEX OUT_PREFIX    -> OUT_PREFIX.chunk, OUT_PREFIX.plain (full size)
"""
import hashlib
import json
import sys

import h5py
import hdf5plugin  # noqa: F401  (registers the filter that reads the plain values back)

FRAMES = "entry_0000/instrument/Pilatus/data"


def variants(source, prefix):
    index, blob = [], b""
    with h5py.File(source, "r") as file:
        for name in sorted(file):
            data = file[name]
            size = data.dtype.itemsize
            # i8 and f4 exercise the 8- and 4-byte kernels on other bits; the full-size ones would only add kilobytes.
            if "32008" not in data._filters or name.endswith("_full") or name.endswith("nolz4"):
                continue
            _, chunk = data.id.read_direct_chunk((0,) * data.ndim)
            plain = data[()].tobytes()
            index.append({"name": name, "elementSize": size, "offset": len(blob), "length": len(chunk),
                          "plainLength": len(plain), "sha256": hashlib.sha256(plain).hexdigest()})
            blob += chunk
    with open(prefix + ".bin", "wb") as out:
        out.write(blob)
    with open(prefix + ".json", "w") as out:
        json.dump(index, out, indent=1)
        out.write("\n")


def frame(source, number, prefix):
    with h5py.File(source, "r") as file:
        data = file[FRAMES]
        _, chunk = data.id.read_direct_chunk((number, 0, 0))
        with open(prefix + ".chunk", "wb") as out:
            out.write(chunk)
        data[number].astype("<i4").tofile(prefix + ".plain")


if __name__ == "__main__":
    if sys.argv[1] == "variants":
        variants(sys.argv[2], sys.argv[3])
    else:
        frame(sys.argv[2], int(sys.argv[3]), sys.argv[4])
