"""Pixels of the foreign senders and their packings, by hdf5plugin (bslz4), lz4 and fabio (CBF).

Pixel i of frame k is (7 i + 13 k) mod 1000 (mod 100 for 8 bits), but -1 where i mod 11 = 0 and -2 where i mod 101 = 5 (in this order).
"""
import struct
import tempfile

import fabio.cbfimage
import h5py
import hdf5plugin
import lz4.block
import numpy


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


def lz4_block(image):
    return lz4.block.compress(image.tobytes(), store_size=False)


def cbf(image):
    with tempfile.NamedTemporaryFile(suffix=".cbf") as file:
        fabio.cbfimage.CbfImage(data=image.astype("<i4")).write(file.name)
        return file.read()
