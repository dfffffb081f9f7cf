"""PyTorch programs for torch_test.cpp: torch_script.py <what>. The test looks for the marked lines."""
import gc
import os
import sys
import threading

import torch

torch.set_num_threads(1)


def train():
    weight = torch.randn(8, 8, requires_grad=True)
    for _ in range(3):
        x = torch.randn(4, 8)
        y = torch.nn.functional.relu(torch.nn.functional.linear(x, weight))  # line: linear
        loss = y.sum()
        loss.backward()  # line: backward
        read(loss)


def read(loss):
    return loss.item()  # line: item


def shapes():
    x = torch.arange(8)
    x.repeat_interleave(2)
    x.repeat_interleave(x)
    torch.nn.functional.one_hot(x, 8)
    x[x > 3]


def workers():
    def work():
        a = torch.zeros(2)
        for _ in range(20):
            a.add_(1)  # line: worker

    threads = [threading.Thread(target=work) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]


def fork():
    torch.ones(1)
    child = os.fork()
    if child == 0:
        for _ in range(5):
            torch.ones(3).mul_(2)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def profiled(memory):
    """Prints what torch.profiler saw: the same with and without us beside it."""
    from torch.profiler import ProfilerActivity, profile

    before = [torch.empty(1000) for _ in range(4)]  # freed while the profiler runs
    torch.ones(2)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=memory) as profiler:
        kept = torch.empty(256)
        for i in range(5):
            x = torch.ones(64 * (i + 1))
            (x * 2).sum().item()
        del before[:], x
        gc.collect()
        with torch.profiler.record_function("mine"):
            kept.mul_(3)
    kept = None
    for event in profiler.profiler.kineto_results.events():
        print(event.name(), event.nbytes())
    for event in profiler.profiler.kineto_results.experimental_event_tree():
        show(event, 0)


def show(event, depth):
    fields = event.extra_fields
    total = getattr(fields, "total_allocated", "")
    size = getattr(fields, "alloc_size", "")
    print(" " * depth, event.name, size, total)
    for child in event.children:
        show(child, depth + 1)


{
    "train": train,
    "shapes": shapes,
    "workers": workers,
    "fork": fork,
    "profiled": lambda: profiled(False),
    "profiled-memory": lambda: profiled(True),
}[sys.argv[1]]()
