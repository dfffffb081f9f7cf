#!/usr/bin/env python3
"""Tries every operation that the guide lists as safe or unsafe in a hot loop, and its patterns.

Per operation: how often the host waits (on a GPU PyTorch's own sync debug mode, on a CPU the operators that
would wait), how many kernels run, whether a CUDA graph can capture it. Prints JSON.

    claims.py --device cuda
"""

import argparse
import contextlib
import io
import json
import sys
import warnings

import torch
import torch.nn.functional as F

WAITING = ("aten::_local_scalar_dense", "aten::nonzero", "aten::masked_select")


def operations(device):
    """(name as in the guide, 'safe' or 'unsafe' as the guide has it, function)."""
    x = torch.randn(256, 256, device=device)
    y, layer = torch.randn_like(x), torch.nn.Linear(256, 256, device=device)
    mask = x[:, 0] > 0
    indices = torch.arange(0, 256, 3, device=device)
    values = torch.randn(86, 256, device=device)
    buffer = torch.zeros(256, 256, device=device)
    logits = torch.randn(256, 8, device=device)
    sizes = iter(range(1, 10**9, 7))

    def growing():
        results = []
        for i in range(4):
            results.append(x[i] * 2)
        return torch.stack(results)

    def branch():
        return x * 2 if x[0, 0] > 0.5 else x + 1

    def printing():
        with contextlib.redirect_stdout(io.StringIO()):
            print(x[0, 0])

    confidence = torch.rand(256, device=device)
    return [
        ("torch.matmul(A, B)", "safe", lambda: torch.matmul(x, y)),
        ("F.gelu(x)", "safe", lambda: F.gelu(x)),
        ("x.view(batch_size, -1)", "safe", lambda: x.view(64, -1)),
        ("torch.zeros(batch, dim) (pre-allocated once)", "safe", lambda: torch.zeros(256, 256, device=device)),
        ("buffer.fill_(0.0)", "safe", lambda: buffer.fill_(0.0)),
        ("x.add_(y)", "safe", lambda: buffer.add_(y)),
        ("x.mul_(scalar)", "safe", lambda: buffer.mul_(0.5)),
        ("subset = x[mask]", "safe", lambda: x[mask]),
        ("x[indices] = values", "safe", lambda: buffer.__setitem__(indices, values)),
        ("self.layer(x)", "safe", lambda: layer(x)),
        ("torch.topk(.., k) (fixed-size operations)", "safe", lambda: torch.topk(logits, k=2, dim=-1)),
        ("torch.where(mask, processed, x) (masked operations)", "safe",
         lambda: torch.where((confidence > 0.5).unsqueeze(-1), x, y)),
        ("results.append(compute(x[i])) (list of fixed size)", "unsafe", growing),
        ("torch.zeros(varying_size, dim)", "unsafe", lambda: torch.zeros(next(sizes) % 512 + 1, 256, device=device)),
        ("value = x[0].item()", "unsafe", lambda: x[0, 0].item()),
        ("print(value)", "unsafe", printing),
        ("if x[0] > 0.5", "unsafe", branch),
    ]


def syncs_on_gpu(function):
    function()
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            function()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return len([w for w in caught if "synchroniz" in str(w.message)])


def profiled(function, device):
    from torch.profiler import ProfilerActivity, profile

    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if device == "cuda" else [])
    for _ in range(2):
        with profile(activities=activities) as recorded:
            function()
            if device == "cuda":
                torch.cuda.synchronize()
    events = recorded.events()
    on_gpu = [e.name for e in events if e.device_type == torch.autograd.DeviceType.CUDA]
    return {"kernels": len([n for n in on_gpu if not n.startswith(("Memcpy", "Memset"))]),
            "waiting_operators": len([e for e in events if e.name in WAITING])}


def capturable(function):
    """Whether, and if not, what PyTorch says."""
    stream = torch.cuda.Stream()
    with torch.cuda.stream(stream):
        for _ in range(3):
            function()
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph, stream=stream):
            function()
        graph.replay()
        torch.cuda.synchronize()
        return True, ""
    except Exception as error:  # noqa: BLE001: whatever it is, it is the answer
        torch.cuda.synchronize()
        return False, str(error).splitlines()[0][:160]


def training_step_captured():
    """The guide: graphs are not suitable for training. A whole step, forward to optimizer, replayed."""
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(128, 256), torch.nn.GELU(), torch.nn.Linear(256, 128)).cuda()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, capturable=True, fused=True)
    x, target = torch.randn(64, 128, device="cuda"), torch.randn(64, 128, device="cuda")

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.mse_loss(model(x), target)
        loss.backward()
        optimizer.step()
        return loss

    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        loss = step()
    losses = []
    for _ in range(50):
        graph.replay()
        losses.append(loss.item())
    return {"captured": True, "first_loss": losses[0], "last_loss": losses[-1]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: PyTorch finds no CUDA device")
    cuda = args.device == "cuda"
    result = {"schema": "hotloop.moe_claims/1", "torch": torch.__version__, "device": args.device,
              "gpu": torch.cuda.get_device_name() if cuda else "", "operations": []}
    if cuda:  # first: a capture that fails, as some below do, leaves the random state unusable
        result["training_step"] = training_step_captured()
    with torch.no_grad():
        for name, guide, function in operations(args.device):
            counts = profiled(function, args.device)
            entry = {"name": name, "guide": guide, **counts}
            entry["syncs"] = syncs_on_gpu(function) if cuda else counts["waiting_operators"]
            if cuda:
                entry["capturable"], entry["why_not"] = capturable(function)
            result["operations"].append(entry)
    print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
