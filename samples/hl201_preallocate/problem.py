"""A layer whose output is accumulated into zeros."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

ROWS = 1024
WIDTH = 512
INPUT = values(51, ROWS, 64)
WEIGHT = values(52, 64, WIDTH)


def accumulate(output, step):
    torch.addmm(output, INPUT, WEIGHT, alpha=0.01 * (step + 1), out=output)
    return output.square_().mean()


def expected():
    squares = torch.mm(INPUT.double(), WEIGHT.double()).square().mean()
    return squares * sum((0.01 * (step + 1)) ** 2 for step in range(STEPS))
