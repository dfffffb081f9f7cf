"""Gradients are set to zero one by one."""

from problem import expected, finish, model, optimizer_of, steps, train


def clear(optimizer, step):
    optimizer.zero_grad(set_to_none=False)


net = model()
finish(train(net, optimizer_of(net), clear, steps()), expected())
