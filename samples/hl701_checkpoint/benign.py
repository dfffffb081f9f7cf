"""Activations are kept; the forward pass also runs once more without gradients, for a metric."""

import torch
from problem import INPUT, expected, finish, plain, steps, train


def measured(net, x):
    with torch.no_grad():
        plain(net, INPUT[:8])
    return plain(net, x)


finish(train(measured, steps()), expected())
