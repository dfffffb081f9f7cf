"""Two ways to continue, by the sign of a score."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

INPUT = values(3, 96, 96)
UP = values(4, 96, 96)
DOWN = values(5, 96, 96)
SCORES = values(6, 4096)


def score(step):
    return SCORES[step]


def when_positive():
    return torch.mm(INPUT, UP).mean()


def otherwise():
    return torch.mm(INPUT, DOWN).mean()


def expected():
    positive = int((SCORES[:STEPS] > 0.0).sum())
    return positive * when_positive() + (STEPS - positive) * otherwise()
