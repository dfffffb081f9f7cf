"""A product of a transposed tensor."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

INPUT = values(330, 8, 512, 256)
WEIGHT = values(331, 512, 16)


def expected():
    y = INPUT.double().transpose(1, 2) @ WEIGHT.double()
    return sum(y.square().mean() * 0.01 * (step + 1) for step in range(STEPS))
