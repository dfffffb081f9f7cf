"""Branches on what the host knows anyway, and asks the device at the end of an epoch."""

import torch
from problem import INPUT, expected, finish, otherwise, score, steps, when_positive

EPOCH = 16

total = torch.zeros((), dtype=torch.float64)
for step in steps():
    if INPUT.shape[0] > 0 and INPUT.requires_grad is False:
        total.add_(torch.where(score(step) > 0.0, when_positive(), otherwise()))
    if step % EPOCH == EPOCH - 1 and total.isnan():
        break
finish(total, expected())
