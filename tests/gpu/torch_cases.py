"""The odd things that a PyTorch program may do, for tools/gpu_check: torch_cases.py CASE."""

import os
import sys
import threading

import torch


def steps(count, work):
    for _ in range(count):
        torch.cuda.nvtx.range_push("step")
        work()
        torch.cuda.nvtx.range_pop()


def some_work(size=256):
    a = torch.randn(size, size, device="cuda")
    return lambda: (a @ a).relu_().sum()


def profiler():
    work = some_work()
    with torch.profiler.profile() as profile:
        steps(10, work)
    cuda = sum(1 for e in profile.events() if e.device_type == torch.autograd.DeviceType.CUDA
               and e.name != "step")
    print(f"torch.profiler saw {cuda} CUDA events")


class Numbers(torch.utils.data.Dataset):
    def __len__(self):
        return 64

    def __getitem__(self, index):
        return torch.full((16,), float(index))


def workers():
    loader = torch.utils.data.DataLoader(Numbers(), batch_size=8, num_workers=4, pin_memory=True)
    work = some_work()
    work()
    for batch in loader:
        torch.cuda.nvtx.range_push("step")
        (batch.cuda(non_blocking=True).sum() + work()).item()
        torch.cuda.nvtx.range_pop()


def threads():
    def one():
        with torch.cuda.stream(torch.cuda.Stream()):
            work = some_work()
            for _ in range(50):
                work()
        torch.cuda.current_stream().synchronize()
    running = [threading.Thread(target=one) for _ in range(4)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def backward():
    model = torch.nn.Sequential(torch.nn.Linear(256, 256), torch.nn.ReLU(), torch.nn.Linear(256, 1)).cuda()
    x = torch.randn(64, 256, device="cuda")

    def work():
        model.zero_grad()
        model(x).sum().backward()
    steps(10, work)


def graph():
    a = torch.randn(256, 256, device="cuda")
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            (a @ a).relu().sum()
    captured = torch.cuda.CUDAGraph()
    with torch.cuda.graph(captured):
        out = (a @ a).relu().sum()
    steps(10, captured.replay)
    return out.item()


def out_of_memory():
    work = some_work()
    steps(5, work)
    try:
        torch.empty(1 << 50, dtype=torch.uint8, device="cuda")
    except torch.cuda.OutOfMemoryError:
        print("out of memory, as expected")
    steps(5, work)


def flush():
    def work():
        torch.empty(1 << 26, dtype=torch.uint8, device="cuda")
        torch.cuda.empty_cache()
    steps(10, work)


def expandable():
    steps(5, lambda: [torch.empty(1 << 25, dtype=torch.uint8, device="cuda") for _ in range(4)])


def items():
    a = torch.randn(1000, device="cuda")
    kept = []

    def work():
        mask = a > 0
        kept.append(a[mask].sum().item())
        a.cpu()
        torch.randn(1000).cuda()
    steps(20, work)


def leave():
    steps(10, some_work())
    os._exit(3)


CASES = {f.__name__: f for f in (profiler, workers, threads, backward, graph, out_of_memory, flush,
                                 expandable, items, leave)}

if __name__ == "__main__":
    CASES[sys.argv[1]]()
    torch.cuda.synchronize()
