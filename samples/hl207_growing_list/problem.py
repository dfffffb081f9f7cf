"""A result per step, and its square."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

WIDTH = 8192
INPUT = values(71, WIDTH)


def result(step):
    return INPUT * (0.01 * (step + 1))


def expected():
    scale = [0.01 * (step + 1) for step in range(STEPS)]
    total = INPUT.double().sum() * sum(scale)
    return total + INPUT.double().square().sum() * sum(s * s for s in scale)
