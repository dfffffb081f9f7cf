"""Every layer is computed again in the backward pass."""

from problem import checkpoint, expected, finish, steps, train


def again(net, x):
    for layer in net:
        x = checkpoint(layer, x, use_reentrant=False)
    return x


finish(train(again, steps()), expected())
