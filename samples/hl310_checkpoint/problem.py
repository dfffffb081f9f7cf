"""A step of products and something that a program does now and then."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

WEIGHT = values(315, 256, 256)
INPUT = values(316, 64, 256)


def work(step):
    x = INPUT
    for _ in range(20):
        x = torch.tanh(x @ WEIGHT)
    return x.square().mean() * (step + 1)


def save(state):
    """Packs a state the slow way, as a checkpoint writer in Python does."""
    return sum(len(repr(float(v))) for v in state)


def expected():
    return sum(work(step).double() for step in range(STEPS))
