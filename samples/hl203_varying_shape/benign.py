"""Lengths differ, buffers do not: four sizes, made in warm-up and kept."""

import torch
from problem import LONGEST, WIDTH, expected, fill, finish, length, steps

BUCKETS = 4
BUCKET = LONGEST // BUCKETS

kept = []
total = torch.zeros((), dtype=torch.float64)
for step in steps():
    if not kept:
        kept = [torch.zeros((i + 1) * BUCKET, WIDTH) for i in range(BUCKETS)]
    rows = length(step)
    total.add_(fill(kept[(rows - 1) // BUCKET][:rows].zero_(), step))
finish(total, expected())
