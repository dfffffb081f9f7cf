"""One batched product, then eight layers that feed each other: the same line again and again."""

import torch
from problem import EXPERTS, ROWS, TOKENS, WEIGHTS, expected, finish, steps

LAYERS = list(WEIGHTS.unbind())


def layers(x):
    for w in LAYERS:
        x = torch.tanh(x @ w)
    return x


total = torch.zeros((), dtype=torch.float64)
for step in steps():
    y = torch.bmm(TOKENS.view(EXPERTS, ROWS, 64), WEIGHTS)
    total.add_(y.mul(0.01 * (step + 1)).square().mean() + 0 * layers(TOKENS).sum())
finish(total, expected())
