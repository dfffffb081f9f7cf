"""A list that is cleared at the end of an epoch: it rises, but not for ever."""

import torch
from problem import expected, finish, result, steps

EPOCH = 8

squares = []
total = torch.zeros((), dtype=torch.float64)
for step in steps():
    value = result(step)
    squares.append(value.square())
    total.add_(value.sum()).add_(squares[-1].sum())
    if len(squares) == EPOCH:
        squares.clear()
finish(total, expected())
