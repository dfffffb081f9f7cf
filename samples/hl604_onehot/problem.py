"""Tokens that go to an expert each and come back."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

import torch.nn.functional as F  # noqa: E402

EXPERTS, CAPACITY = 8, 64
TOKENS = values(360, 256, 64)
CHOICE = torch.arange(256) % EXPERTS
SLOT = torch.arange(256) // EXPERTS
WEIGHTS = values(361, EXPERTS, 64, 64) * 0.1


def expected():
    rows = torch.stack([TOKENS[i].double() @ WEIGHTS[CHOICE[i]].double() for i in range(256)])
    return sum((rows * 0.01 * (step + 1)).square().mean() for step in range(STEPS))
