"""Rows are sorted by expert and gathered."""

import torch
from problem import CHOICE, EXPERTS, TOKENS, WEIGHTS, expected, finish, steps

ORDER = CHOICE.argsort(stable=True)
BACK = ORDER.argsort()


def moe(x):
    inside = x.index_select(0, ORDER).view(EXPERTS, -1, 64)
    return torch.bmm(inside, WEIGHTS).flatten(0, 1).index_select(0, BACK)


total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(moe(TOKENS).mul(0.01 * (step + 1)).square().mean())
finish(total, expected())
