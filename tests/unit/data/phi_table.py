#!/usr/bin/env python3
"""Writes phi_table.inc: phi by numerical integration of the density, independent of detector/phi.cpp.

    python3 phi_table.py > phi_table.inc        (needs mpmath, in Debian python3-mpmath)

The density is exp(-(x - (m - s)) / s) / s above m - s. Its upper tail is summed by Gauss-Legendre
quadrature with 50 digits over pieces two deviations wide, 150 deviations far (what is left out is
e^-150 of it); the logarithm is taken only then. Rows: elapsed, mean, sd in seconds, phi.
"""
import mpmath

mpmath.mp.dps = 50


def phi(elapsed, mean, sd):
    elapsed, mean, sd = mpmath.mpf(elapsed), mpmath.mpf(mean), mpmath.mpf(sd)
    start = mean - sd
    if elapsed <= start:
        return mpmath.mpf(0)
    density = lambda x: mpmath.exp(-(x - start) / sd) / sd
    tail = mpmath.mpf(0)
    for piece in range(75):
        low = elapsed + 2 * piece * sd
        tail += mpmath.quad(density, [low, low + 2 * sd], method="gauss-legendre")
    return -mpmath.log10(tail)


HISTORIES = [("0.001", "0.01"), ("0.0002", "0.01"), ("0.02", "0.05"), ("0.009", "0.18"),
             ("0.12", "0.04"), ("0.1", "0.01"), ("0.5", "1.25")]
ELAPSED = ["0", "0.001", "0.01", "0.05", "0.1", "0.3", "0.6", "1", "1.8", "3", "3.04", "5", "6",
           "60", "3600"]

print("// Written by phi_table.py: elapsed, mean, sd (seconds), phi.")
for mean, sd in HISTORIES:
    for elapsed in ELAPSED:
        print("{%s, %s, %s, %s}," % (elapsed, mean, sd, mpmath.nstr(phi(elapsed, mean, sd), 12)))
