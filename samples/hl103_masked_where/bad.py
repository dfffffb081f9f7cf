"""A boolean mask picks the tokens: their number must come back to the host."""

import torch
from problem import TOKENS, expected, finish, mask, process, steps


def process_chosen(step):
    chosen = mask(step)
    output = TOKENS.clone()
    output[chosen] = process(TOKENS[chosen])
    return output.sum()


total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(process_chosen(step))
finish(total, expected())
