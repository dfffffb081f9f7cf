"""A model on batches that take time to make."""

import os
import sys

import torch

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from steps import STEPS, finish, steps, values  # noqa: E402,F401

from torch.utils.data import DataLoader, Dataset  # noqa: E402

WEIGHT = values(310, 256, 256)
BATCH = 32


class Waves(Dataset):
    """Items that cost `work` rounds of arithmetic in Python."""

    def __init__(self, work):
        self.work = work

    def __len__(self):
        return BATCH * STEPS

    def __getitem__(self, index):
        value = float(index % 7)
        for _ in range(self.work):
            value = (value * 1.0001 + 1.0) % 7.0
        return torch.full((256,), 1.0 + index % 3)


def loader(work):
    torch.set_num_threads(1)
    return DataLoader(Waves(work), batch_size=BATCH)


def model(x):
    for _ in range(80):
        x = torch.tanh(x @ WEIGHT)
    return x.square().mean()


def loop(batches):
    """Steps that begin with the wait for their batch."""
    feed = iter(batches)
    total = torch.zeros((), dtype=torch.float64)
    for _ in steps():
        total.add_(model(next(feed)))
    return total


def expected():
    return sum(model(batch).double() for batch in loader(0))
