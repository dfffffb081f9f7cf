"""One mask for the whole run, turned into indices before the loop."""

import torch
from problem import STEPS, TOKENS, finish, mask, process, result, steps

rows = mask(0).nonzero().squeeze(1)
total = torch.zeros((), dtype=torch.float64)
for step in steps():
    chosen = TOKENS.index_select(0, rows)
    total.add_(TOKENS.index_copy(0, rows, process(chosen)).sum())
finish(total, STEPS * result(0))
