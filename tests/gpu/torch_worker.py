"""A worker of overhead.py, and the program of counts.py.

As a worker it reads lines "<target> <count> [profile]", runs that many steps, answers with the
seconds they took. Targets: loop (a mixture of experts, one expert after the other, with masks),
grouped (the same with grouped GEMMs), gpu (large matrix products: the device is the limit), graph
(grouped, captured and replayed).

    torch_worker.py                      the worker
    torch_worker.py run TARGET STEPS     once, for a recording
    torch_worker.py counts TARGET STEPS  once under torch.profiler; prints {kernel name: count} as JSON
"""

import collections
import json
import sys
import time

import torch

TOKENS, WIDTH, INNER, EXPERTS, TOP = 4096, 512, 2048, 8, 2


class Experts:
    def __init__(self):
        torch.manual_seed(1)
        make = lambda *shape: (torch.randn(*shape, device="cuda") * 0.02).to(torch.bfloat16)
        self.x, self.gate = make(TOKENS, WIDTH), make(WIDTH, EXPERTS)
        self.up, self.down = make(EXPERTS, WIDTH, INNER), make(EXPERTS, INNER, WIDTH)
        self.big = make(8192, 8192)
        self.graph = None

    def route(self):
        weights, chosen = torch.softmax(self.x @ self.gate, -1).topk(TOP, -1)
        return weights / weights.sum(-1, keepdim=True), chosen

    def loop(self):
        weights, chosen = self.route()
        out = torch.zeros_like(self.x)
        for expert in range(EXPERTS):
            token, place = (chosen == expert).nonzero(as_tuple=True)
            if token.numel() == 0:
                continue
            inner = torch.nn.functional.gelu(self.x[token] @ self.up[expert])
            out.index_add_(0, token, inner @ self.down[expert] * weights[token, place, None])
        return out

    def grouped(self):
        weights, chosen = self.route()
        order = chosen.flatten().argsort(stable=True)
        token = order // TOP
        counts = torch.zeros(EXPERTS, dtype=torch.int32, device="cuda").scatter_add_(
            0, chosen.flatten(), torch.ones(TOKENS * TOP, dtype=torch.int32, device="cuda"))
        ends = counts.cumsum(0, dtype=torch.int32)
        inner = torch.nn.functional.gelu(torch._grouped_mm(self.x[token], self.up, offs=ends))
        outer = torch._grouped_mm(inner, self.down, offs=ends)
        return torch.zeros_like(self.x).index_add_(
            0, token, outer * weights.flatten()[order, None])

    def gpu(self):
        for _ in range(8):
            torch.mm(self.big, self.big)

    def replay(self):
        if self.graph is None:
            stream = torch.cuda.Stream()
            with torch.cuda.stream(stream):
                for _ in range(3):
                    self.grouped()
            torch.cuda.synchronize()
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self.grouped()
        self.graph.replay()

    def step(self, target):
        return {"loop": self.loop, "grouped": self.grouped, "gpu": self.gpu,
                "graph": self.replay}[target]()


def timed(experts, target, count):
    torch.cuda.synchronize()
    begin = time.perf_counter()
    for _ in range(count):
        torch.cuda.nvtx.range_push("step")
        experts.step(target)
        torch.cuda.nvtx.range_pop()
    torch.cuda.synchronize()
    return time.perf_counter() - begin


def profiled(run):
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        result = run()
    return result, profile


def counts(experts, target, steps):
    _, profile = profiled(lambda: timed(experts, target, steps))
    found = collections.Counter(
        event.name for event in profile.events()
        if event.device_type == torch.autograd.DeviceType.CUDA and event.name != "step")
    return dict(found)


def main():
    with torch.no_grad():
        experts = Experts()
        if len(sys.argv) == 4:
            mode, target, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
            experts.step(target)  # cuBLAS chooses and loads here
            if mode == "counts":
                print(json.dumps(counts(experts, target, steps)))
            else:
                timed(experts, target, steps)
            return
        for target in ("loop", "grouped", "graph", "gpu"):
            for _ in range(3):
                experts.step(target)
        torch.cuda.synchronize()
        print("ready", flush=True)
        for line in sys.stdin:
            words = line.split()
            run = lambda: timed(experts, words[0], int(words[1]))
            seconds = profiled(run)[0] if "profile" in words else run()
            print(f"{seconds:.9f}", flush=True)


main()
