"""Mass photoelectric absorption coefficients from xraylib (made with 4.0.0; Schoonjans et al., doi:10.1016/j.sab.2011.09.011).

Without an argument, writes photoabsorption.csv: energy (keV), Si and CdTe (cm2/g) at energies that the product's table does not hold.
With "table", prints that table, for src/XrdCt.Live.Compute/Integration/SensorMaterial.cs.
"""
import os
import sys

import numpy
import xraylib

# The weight of cadmium in CdTe, from xraylib's atomic weights.
CD = xraylib.AtomicWeight(48) / (xraylib.AtomicWeight(48) + xraylib.AtomicWeight(52))


def si(energy):
    return xraylib.CS_Photo(14, energy)


def cdte(energy):
    return CD * xraylib.CS_Photo(48, energy) + (1 - CD) * xraylib.CS_Photo(52, energy)


def edge(z):
    """The energy just below and just above the step of the K edge, as tabulated."""
    low, high = xraylib.EdgeEnergy(z, xraylib.K_SHELL) - 0.05, xraylib.EdgeEnergy(z, xraylib.K_SHELL) + 0.05
    while high - low > 1e-5:
        middle = (low + high) / 2
        if xraylib.CS_Photo(z, middle) > 2 * xraylib.CS_Photo(z, low):
            high = middle
        else:
            low = middle
    return low - 1e-4, high + 1e-4


if sys.argv[1:] == ["table"]:
    grid = numpy.round(numpy.geomspace(5, 200, 25), 3)
    print("Si", [(float(e), float(f"{si(e):.5g}")) for e in grid])
    edges = [round(e, 5) for z in (48, 52) for e in edge(z)]
    print("CdTe", [(float(e), float(f"{cdte(e):.5g}")) for e in sorted([*grid, *edges])])
else:
    energies = [8.0478, 12.658, 17.4793, 22.16, 25.51, 26.6, 26.8, 30.2, 31.7, 31.9, 36.36, 45.7, 59.54, 65.351, 71.0, 80.0, 88.04, 103.2, 122.06, 150.0]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "photoabsorption.csv"), "w") as file:
        for energy in energies:
            file.write(f"{energy},{si(energy):.8g},{cdte(energy):.8g}\n")
