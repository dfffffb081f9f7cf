"""A layer of experts: token t goes through the matrix of expert route[t]."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

WIDTH = 32
TOKENS = values(41, 256, WIDTH)


class Experts:
    def __init__(self, count):
        self.weights = values(42, count, WIDTH, WIDTH)
        self.route = torch.randint(count, (256,), generator=torch.Generator().manual_seed(43))
        self.count = count

    def batched(self):
        every = torch.matmul(TOKENS.unsqueeze(0), self.weights)
        index = self.route.view(1, -1, 1).expand(1, -1, WIDTH)
        return every.gather(0, index).square().sum()

    def expected(self):
        return self.batched() * sum(0.01 * (step + 1) for step in range(STEPS))
