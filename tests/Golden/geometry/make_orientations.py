"""Where the pixels of one small tilted detector lie under each of the four orientations, with plain numpy.

Written from the definition: a flip of the image turns the order of rows or columns, and nothing else (pyFAI since August 2026, pull
request 2911; pyFAI 0.21.3 of Debian knows no orientations). The rotation matrices are multiplied as they stand in section 2 of
https://doi.org/10.1107/S1600576715004306.

    /usr/bin/python3 make_orientations.py > orientations.json
"""
import json

import numpy

ROWS, COLUMNS = 5, 8
GEOMETRY = {"pixel1": 1.1e-4, "pixel2": 0.9e-4, "dist": 0.05, "poni1": 3.1e-4, "poni2": 1.7e-4, "rot1": 0.21, "rot2": -0.13, "rot3": 0.4}
ROWS_TURNED, COLUMNS_TURNED = (1, 2), (1, 4)


def rotation(geometry):
    c1, c2, c3 = (numpy.cos(geometry[k]) for k in ("rot1", "rot2", "rot3"))
    s1, s2, s3 = (numpy.sin(geometry[k]) for k in ("rot1", "rot2", "rot3"))
    first = numpy.array([[1, 0, 0], [0, c1, s1], [0, -s1, c1]])
    second = numpy.array([[c2, 0, -s2], [0, 1, 0], [s2, 0, c2]])
    third = numpy.array([[c3, -s3, 0], [s3, c3, 0], [0, 0, 1]])
    return third @ second @ first


def angles(y, x):
    p = numpy.stack([y - GEOMETRY["poni1"], x - GEOMETRY["poni2"], numpy.full_like(y, GEOMETRY["dist"])])
    t = numpy.tensordot(rotation(GEOMETRY), p, 1)
    return {
        "two_theta": numpy.arctan2(numpy.hypot(t[0], t[1]), t[2]).ravel().tolist(),
        "chi": numpy.arctan2(t[0], t[1]).ravel().tolist(),
    }


def edges(count, pixel, turned):
    along = pixel * numpy.arange(count + 1)
    return along[::-1] if turned else along


variants = {}
for orientation in (1, 2, 3, 4):
    y = edges(ROWS, GEOMETRY["pixel1"], orientation in ROWS_TURNED)
    x = edges(COLUMNS, GEOMETRY["pixel2"], orientation in COLUMNS_TURNED)
    centre = numpy.meshgrid((y[1:] + y[:-1]) / 2, (x[1:] + x[:-1]) / 2, indexing="ij")
    # A (r, c), B (r + 1, c), C (r + 1, c + 1), D (r, c + 1)
    corner_y = numpy.stack([y[:-1], y[1:], y[1:], y[:-1]], 1)[:, None, :].repeat(COLUMNS, 1)
    corner_x = numpy.stack([x[:-1], x[:-1], x[1:], x[1:]], 1)[None, :, :].repeat(ROWS, 0)
    variants[orientation] = {"centre": angles(*centre), "corner": angles(corner_y, corner_x)}
print(json.dumps({"shape": [ROWS, COLUMNS], "geometry": GEOMETRY, "orientations": variants}))
