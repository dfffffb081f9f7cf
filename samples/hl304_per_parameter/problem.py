"""A stack of small layers, trained on a fixed batch."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

LAYERS = 12
WIDTH = 32
INPUT = values(79, 16, WIDTH)


def model():
    torch.manual_seed(80)
    layers = []
    for _ in range(LAYERS):
        layers += [torch.nn.Linear(WIDTH, WIDTH), torch.nn.Tanh()]
    return torch.nn.Sequential(*layers)


def adamw(net, **how):
    return torch.optim.AdamW(net.parameters(), lr=1e-2, **how)


def train_step(net, optimizer):
    optimizer.zero_grad()
    net(INPUT).square().mean().backward()
    optimizer.step()


def norm(net):
    return sum(float(p.detach().double().square().sum()) for p in net.parameters())


def expected():
    net = model()
    optimizer = adamw(net, foreach=True)
    for _ in range(STEPS):
        train_step(net, optimizer)
    return norm(net)
