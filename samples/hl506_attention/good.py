"""The fused operator."""

import torch
import torch.nn.functional as F
from problem import K, Q, V, expected, finish, steps


def attend(q, k, v):
    return F.scaled_dot_product_attention(q, k, v)


total = torch.zeros((), dtype=torch.float64)
for step in steps():
    total.add_(attend(Q, K, V).square().mean() * (step + 1))
finish(total, expected())
