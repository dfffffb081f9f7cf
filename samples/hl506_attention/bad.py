"""Attention written out: product, softmax, product."""

import torch
from problem import K, Q, SCALE, V, expected, finish, steps


def attend(q, k, v):
    weights = (q @ k.transpose(-2, -1) / SCALE).softmax(-1)
    return weights @ v


total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(attend(Q, K, V).square().mean() * (step + 1))
finish(total, expected())
