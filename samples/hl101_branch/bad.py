"""The guide's unsafe form: the host branches on a value of the device."""

import torch
from problem import expected, finish, otherwise, score, steps, when_positive


def choose(step):
    if score(step) > 0.0:
        return when_positive()
    return otherwise()


total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(choose(step))
finish(total, expected())
