"""Every fifth step notes a few numbers, which takes no time."""

import torch
from problem import WEIGHT, expected, finish, save, steps, work

total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(work(step))
    if step % 5 == 4:
        save([1.0, 2.0])
    total.mul_(1)
finish(total, expected())
