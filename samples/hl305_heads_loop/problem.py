"""Scores of queries and keys, head by head."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

HEADS = 16
QUERIES = values(301, HEADS, 24, 32)
KEYS = values(302, HEADS, 24, 32)


def expected():
    scores = torch.bmm(QUERIES.double(), KEYS.double().transpose(1, 2))
    return sum((scores * 0.01 * (step + 1)).square().mean() for step in range(STEPS))
