"""Every fifth step saves its state in between."""

import torch
from problem import WEIGHT, expected, finish, save, steps, work


def checkpoint(step):
    if step % 5 == 4:
        save(WEIGHT.flatten().tolist())


total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(work(step))
    checkpoint(step)
    total.mul_(1)
finish(total, expected())
