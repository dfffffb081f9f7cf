"""The fused operator, and a classifier: a linear layer and a softmax."""

import torch
import torch.nn.functional as F
from problem import K, Q, SIZE, V, expected, finish, steps, values

HEAD = torch.nn.Linear(SIZE, 8)


def classify(y):
    with torch.no_grad():
        return HEAD(y).softmax(-1)


total = torch.zeros((), dtype=torch.float64)
for step in steps():
    y = F.scaled_dot_product_attention(Q, K, V)
    total.add_(y.square().mean() * (step + 1) + 0 * classify(y).sum())
finish(total, expected())
