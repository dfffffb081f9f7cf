"""A Python loop of one small LibTorch operator: operators_loop.py <kind> <per block> <blocks> [how].

Prints the CPU nanoseconds per operator of each block (so that others on the machine weigh less). How: "profiler" runs the loop under torch.profiler, "profiler-stack" with its with_stack=True, which is what
gives it Python lines; a path loads that library and its observer that does nothing."""
import ctypes
import sys
import time

import torch

kind, count, blocks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)
a = torch.ones(1)
b = torch.ones(1)


def inplace(times):
    for _ in range(times):
        a.add_(b)


def view(times):
    for _ in range(times):
        a.detach()


def allocate(times):
    for _ in range(times):
        torch.empty(16)


def module(times):
    # A call through torch's Python layers: the user's line is some frames below.
    layer = torch.nn.Identity()
    for _ in range(times // 2):
        layer(a)
        torch.nn.functional.relu(a, inplace=True)


def run():
    loop = {"inplace": inplace, "view": view, "allocate": allocate, "module": module}[kind]
    loop(count // 10)
    for _ in range(blocks):
        start = time.thread_time_ns()
        loop(count)
        print("%.2f" % ((time.thread_time_ns() - start) / count))


with torch.no_grad():
    if len(sys.argv) > 4 and "/" in sys.argv[4]:
        ctypes.CDLL(sys.argv[4]).hotloop_bench_observe()
        run()
    elif len(sys.argv) > 4:
        from torch.profiler import ProfilerActivity, profile

        with profile(activities=[ProfilerActivity.CPU], with_stack=sys.argv[4] == "profiler-stack"):
            run()
    else:
        run()
