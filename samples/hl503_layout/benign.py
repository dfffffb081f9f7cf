"""contiguous() of a tensor that is contiguous copies nothing; a small reshape copies little."""

import torch
from problem import INPUT, WEIGHT, expected, finish, steps

TURNED = INPUT.transpose(1, 2).contiguous()

total = torch.zeros((), dtype=torch.float64)
for step in steps():
    y = TURNED.contiguous() @ WEIGHT
    few = WEIGHT[:8, :8].t().reshape(64)
    total.add_(y.square().mean() * 0.01 * (step + 1) + 0 * few.sum())
finish(total, expected())
