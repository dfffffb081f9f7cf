"""Adds up on the device and reads the sum for the log every 16 steps."""

import torch
from problem import expected, finish, loss, steps

LOG_EVERY = 16

log = []
total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(loss(step))
    if step % LOG_EVERY == LOG_EVERY - 1:
        log.append(total.item())
finish(total.item(), expected())
