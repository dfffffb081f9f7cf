"""AdamW in one fused operator."""

from problem import adamw, expected, finish, model, norm, steps, train_step

net = model()
optimizer = adamw(net, fused=True)
for step in steps():
    train_step(net, optimizer)
finish(norm(net), expected())
