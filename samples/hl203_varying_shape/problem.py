"""Sequences of different lengths; each is filled, scaled and summed."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

LONGEST = 1024
WIDTH = 256
ROW = values(61, WIDTH)


def length(step):
    return LONGEST // 2 + (37 + 97 * step) % (LONGEST // 2)


def fill(padded, step):
    return padded.add_(ROW).mul_(0.01 * (step + 1)).sum()


def expected():
    return ROW.double().sum() * sum(length(step) * 0.01 * (step + 1) for step in range(STEPS))
