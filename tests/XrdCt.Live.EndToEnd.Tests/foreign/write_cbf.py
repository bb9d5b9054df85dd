"""Writes CBF files as a detector does, by fabio, and prints a line for each: nothing of ours.

FOLDER NAME FIRST COUNT [--slowly]: NAME_00000.cbf …; 'NAME_00000.cbf SHA256-of-the-file SHA256-of-the-int32-pixels'. With --slowly, each
file appears in two halves, 20 ms apart, as camserver's do; with --full they have the size of a Pilatus 2M, 2.4 MB, which no buffer of
the system holds many of."""
import hashlib
import os
import sys
import time

import fabio
import numpy

folder, name, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
shape = (1679, 1475) if "--full" in sys.argv else (167, 149)
for i in range(first, first + count):
    image = numpy.random.default_rng(i).poisson(3, shape).astype(numpy.int32)
    image[::20] = -1
    image[3, 5] = 1_000_000 + i
    path = os.path.join(folder, f"{name}_{i:05d}.cbf")
    fabio.cbfimage.CbfImage(data=image).write(path + ".tmp")
    content = open(path + ".tmp", "rb").read()
    if "--slowly" in sys.argv:
        os.remove(path + ".tmp")
        with open(path, "wb") as f:
            f.write(content[:len(content) // 2])
            f.flush()
            time.sleep(0.02)
            f.write(content[len(content) // 2:])
    else:
        os.rename(path + ".tmp", path)
    pixels = hashlib.sha256(numpy.ascontiguousarray(image).tobytes()).hexdigest()
    print(f"{name}_{i:05d}.cbf {hashlib.sha256(content).hexdigest()} {pixels}", flush=True)
