"""A stack of layers whose weights are of another type than their input."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

LAYERS = 12
WEIGHTS = [values(320 + i, 64, 64) * 0.1 for i in range(LAYERS)]
INPUT = values(319, 64, 64)


def expected():
    x = INPUT.double()
    for w in WEIGHTS:
        x = torch.tanh(x @ w.double())
    return sum(x.square().mean() * (step + 1) for step in range(STEPS))
