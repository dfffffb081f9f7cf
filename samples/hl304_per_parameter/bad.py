"""AdamW updates 24 small parameters one by one."""

from problem import adamw, expected, finish, model, norm, steps, train_step

net = model()
optimizer = adamw(net, foreach=False)
for step in steps():
    train_step(net, optimizer)
finish(norm(net), expected())
