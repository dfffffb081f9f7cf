"""Reads the loss back in every step."""

from problem import expected, finish, loss, steps


def read_loss(value):
    return value.item()


total = 0.0
for step in steps():
    total += read_loss(loss(step))
finish(total, expected())
