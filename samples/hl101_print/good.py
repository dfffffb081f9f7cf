"""Prints once, after the loop."""

import io

import torch
from problem import expected, finish, loss, steps

log = io.StringIO()
total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(loss(step))
print(total, file=log)
finish(total, expected())
