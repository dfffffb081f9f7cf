"""Prints in every step what the host knows, and a tensor at the end of an epoch."""

import io

import torch
from problem import expected, finish, loss, steps

EPOCH = 16

log = io.StringIO()
total = torch.zeros((), dtype=torch.float64)
for step in steps():
    value = loss(step)
    total.add_(value)
    print("step", step, value.shape, value.dtype, file=log)
    if step % EPOCH == EPOCH - 1:
        print(total, file=log)
finish(total, expected())
