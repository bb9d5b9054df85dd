"""Times peers on one slice, one thread: prints "name translations rotations wall_ms cpu_ms" per line, or "name absent reason"."""
import contextlib
import os
import sys
import time

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", POCL_MAX_PTHREAD_COUNT="1")
seconds = float(sys.argv[1])
sizes = [tuple(map(int, size.split("x"))) for size in sys.argv[2:]]


def median_of(run):
    wall, cpu = [], []
    run()
    end = time.perf_counter() + seconds
    while len(wall) < 3 or time.perf_counter() < end:
        wall_before, cpu_before = time.perf_counter(), time.process_time()
        run()
        wall.append(time.perf_counter() - wall_before)
        cpu.append(time.process_time() - cpu_before)
    return 1e3 * sorted(wall)[len(wall) // 2], 1e3 * sorted(cpu)[len(cpu) // 2]


def scikit_image(sinogram, angles):
    from skimage.transform import iradon

    return lambda: iradon(sinogram, theta=angles, filter_name="ramp", interpolation="linear", circle=True)


def silx(sinogram, angles):
    # It says on standard output which packages it would like.
    with contextlib.redirect_stdout(sys.stderr):
        from silx.opencl.backprojection import Backprojection

        rotations, translations = sinogram.shape[1], sinogram.shape[0]
        projector = Backprojection((rotations, translations), axis_position=translations // 2, angles=np.deg2rad(angles), filter_name="ramlak")
    turned = np.ascontiguousarray(sinogram.T)
    return lambda: projector.filtered_backprojection(turned)


for name, peer in (("skimage.transform.iradon", scikit_image), ("silx.opencl.backprojection", silx)):
    try:
        import numpy as np

        for translations, rotations in sizes:
            sinogram = np.random.default_rng(1).random((translations, rotations), dtype="f4")
            wall_ms, cpu_ms = median_of(peer(sinogram, np.arange(rotations) * 180 / rotations))
            print(name, translations, rotations, wall_ms, cpu_ms, flush=True)
    except Exception as error:
        print(name, "absent", " ".join(str(error).split()) or type(error).__name__, flush=True)
