"""The guide's unsafe form: a buffer of another size in every step."""

import torch
from problem import WIDTH, expected, fill, finish, length, steps


def buffer_of(rows):
    return torch.zeros(rows, WIDTH)


total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(fill(buffer_of(length(step)), step))
finish(total, expected())
