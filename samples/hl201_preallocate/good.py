"""The guide's safe form: the buffer is made once and cleared."""

import torch
from problem import ROWS, WIDTH, accumulate, expected, finish, steps

output = torch.empty(ROWS, WIDTH)
total = torch.zeros((), dtype=torch.float64)
for step in steps():
    output.zero_()
    total.add_(accumulate(output, step))
finish(total, expected())
