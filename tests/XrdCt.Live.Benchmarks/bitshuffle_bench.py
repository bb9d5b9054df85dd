"""Times Debian's native bitshuffle on one bslz4 chunk: a line in, "wall_ms cpu_ms" out. One thread, outputs in rotation.
bitshuffle_bench.py CHUNK ELEMENT_BYTES PLAIN.out"""

import ctypes
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import bitshuffle.ext  # noqa: E402
import numpy  # noqa: E402

chunk = numpy.fromfile(sys.argv[1], numpy.uint8)
element = int(sys.argv[2])
plain_bytes = int.from_bytes(chunk[:8].tobytes(), "big")
block_bytes = int.from_bytes(chunk[8:12].tobytes(), "big")
blocks = numpy.ascontiguousarray(chunk[12:])
outputs = [numpy.ones(plain_bytes, numpy.uint8) for _ in range(8)]

# The function that bitshuffle.decompress_lz4 and the HDF5 filter call, into memory that is there already.
decompress = ctypes.CDLL(bitshuffle.ext.__file__).bshuf_decompress_lz4
decompress.restype = ctypes.c_int64
decompress.argtypes = [ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_size_t] * 3


def decode(output):
    used = decompress(
        blocks.ctypes.data, output.ctypes.data, plain_bytes // element, element, block_bytes // element)
    if used != len(blocks):
        sys.exit(f"bshuf_decompress_lz4: {used} of {len(blocks)} bytes")


decode(outputs[0])
outputs[0].tofile(sys.argv[3])
print("AVX2" if bitshuffle.ext.using_AVX2() else "SSE2" if bitshuffle.ext.using_SSE2() else "no SIMD", flush=True)
for turn, _ in enumerate(sys.stdin):
    wall, cpu = time.perf_counter(), time.thread_time()
    decode(outputs[turn % len(outputs)])
    print(1000 * (time.perf_counter() - wall), 1000 * (time.thread_time() - cpu), flush=True)
