"""One cast of the input and one of the result in a step."""

import torch
from problem import INPUT, WEIGHTS, expected, finish, steps

WIDE = [w.double() for w in WEIGHTS]


def layers(x):
    x = x.double()
    for w in WIDE:
        x = torch.tanh(x @ w)
    return x.float()


total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(layers(INPUT).square().mean() * (step + 1))
finish(total, expected())
