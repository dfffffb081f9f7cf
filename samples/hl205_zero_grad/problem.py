"""A stack of small layers, trained on a fixed batch."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

LAYERS = 12
WIDTH = 32
INPUT = values(179, 16, WIDTH)


def model():
    torch.manual_seed(180)
    layers = []
    for _ in range(LAYERS):
        layers += [torch.nn.Linear(WIDTH, WIDTH), torch.nn.Tanh()]
    return torch.nn.Sequential(*layers)


def train(net, optimizer, clear, loop):
    for step in loop:
        clear(optimizer, step)
        net(INPUT).square().mean().backward()
        optimizer.step()
    return sum(float(p.detach().double().square().sum()) for p in net.parameters())


def optimizer_of(net):
    return torch.optim.SGD(net.parameters(), lr=1e-2, foreach=True)


def expected():
    net = model()
    return train(net, optimizer_of(net), lambda o, step: o.zero_grad(), range(STEPS))
