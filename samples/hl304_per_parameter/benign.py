"""AdamW over lists: on the CPU a foreach operator does one parameter after the other inside of itself,
and the step counts, which live on the host on every device, are read with item()."""

from problem import adamw, expected, finish, model, norm, steps, train_step

net = model()
optimizer = adamw(net, foreach=True)
for step in steps():
    train_step(net, optimizer)
finish(norm(net), expected())
