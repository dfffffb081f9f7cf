"""All heads at once."""

import torch
from problem import KEYS, QUERIES, expected, finish, steps


def scale_all(scores, factor):
    return scores.mul(factor).square().mean()


total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(scale_all(torch.bmm(QUERIES, KEYS.transpose(1, 2)), 0.01 * (step + 1)))
finish(total, expected())
