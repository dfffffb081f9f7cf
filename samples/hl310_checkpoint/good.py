"""Saves once, after the loop."""

import torch
from problem import WEIGHT, expected, finish, save, steps, work

total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(work(step))
    total.mul_(1)
save(WEIGHT.flatten().tolist())
finish(total, expected())
