"""A loop over four groups of heads, and a loop over all heads that makes views only."""

import torch
from problem import HEADS, KEYS, QUERIES, expected, finish, steps


def scale_groups(scores, factor):
    views = [scores[head] for head in range(HEADS)]
    total = torch.zeros(())
    for group in range(4):
        total = total + scores[4 * group : 4 * group + 4].mul(factor).square().mean()
    return total / 4 + 0 * views[0].sum()


total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(scale_groups(torch.bmm(QUERIES, KEYS.transpose(1, 2)), 0.01 * (step + 1)))
finish(total, expected())
