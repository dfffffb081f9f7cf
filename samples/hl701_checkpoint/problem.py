"""A stack of layers, trained on a fixed batch."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

from torch.utils.checkpoint import checkpoint  # noqa: E402,F401

WIDTH = 128
INPUT = values(370, 128, WIDTH)


def model():
    torch.manual_seed(371)
    return torch.nn.ModuleList(
        torch.nn.Sequential(torch.nn.Linear(WIDTH, WIDTH), torch.nn.Tanh()) for _ in range(6)
    )


def train(run, loop):
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-2, foreach=True)
    for _ in loop:
        optimizer.zero_grad()
        run(net, INPUT).square().mean().backward()
        optimizer.step()
    return sum(float(p.detach().double().square().sum()) for p in net.parameters())


def plain(net, x):
    for layer in net:
        x = layer(x)
    return x


def expected():
    return train(plain, range(STEPS))
