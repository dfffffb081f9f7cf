"""Batches are made before the loop."""

from problem import expected, finish, loader, loop

finish(loop(list(loader(0))), expected())
