#!/usr/bin/env python3
"""Times the layer as LibTorch can do it today: torch._grouped_mm and stock operators, in graph replay.

The anchor beside hotloop-kernels bench: the same shapes, the same way of timing (cold: 256 MiB are
read over before each replay). Writes one JSON line per shape to --log and a table to standard output.
Also measures the card's two ceilings: a large copy and a large bf16 product.
"""

import argparse
import json
import time

import torch
import torch.nn.functional as F

SHAPES = [
# name, tokens, dim, inner, experts, k, activation
    ("qwen3-30b T=4096", 4096, 2048, 768, 128, 8, "swiglu"),
    ("qwen3-30b T=32768", 32768, 2048, 768, 128, 8, "swiglu"),
    ("guide E=8", 4096, 512, 2048, 8, 2, "gelu"),
    ("guide E=32", 4096, 512, 2048, 32, 2, "gelu"),
    ("qwen3-30b T=64", 64, 2048, 768, 128, 8, "swiglu"),
    ("mixtral T=16", 16, 4096, 14336, 8, 2, "swiglu"),
    ("mixtral T=4096", 4096, 4096, 14336, 8, 2, "swiglu"),
]
MORE = [
    ("qwen3-30b T=1024", 1024, 2048, 768, 128, 8, "swiglu"),
    ("qwen3-30b T=8192", 8192, 2048, 768, 128, 8, "swiglu"),
    ("qwen3-235b T=4096", 4096, 4096, 1536, 128, 8, "swiglu"),
    ("guide-like E=16", 4096, 512, 2048, 16, 2, "gelu"),
    ("guide-like T=1024", 1024, 1024, 4096, 32, 2, "gelu"),
    ("swiglu k=2 d=1024 E=128", 4096, 1024, 1024, 128, 2, "swiglu"),
]
for _experts in (8, 32, 128):
    for _d in (512, 1024, 4096):
        if _d != 512 or _experts == 128:
            MORE.append((f"gelu d={_d} E={_experts}", 4096, _d, 4 * _d, _experts, 2, "gelu"))
        MORE.append((f"swiglu d={_d} E={_experts}", 4096, _d, _d, _experts, 8, "swiglu"))


def layer(x, gate, up, down, k, activation):
    logits = F.linear(x, gate)
    weights, ids = torch.softmax(logits.float(), -1).topk(k, dim=-1)
    weights = weights / weights.sum(-1, keepdim=True)
    order = ids.flatten().argsort(stable=True)
    counts = torch.zeros(gate.shape[0], dtype=torch.int32, device=x.device)
    counts.scatter_add_(0, ids.flatten(), torch.ones_like(ids.flatten(), dtype=torch.int32))
    ends = counts.cumsum(0, dtype=torch.int32)
    rows = x[order // k]
    hidden = torch._grouped_mm(rows, up.transpose(1, 2), ends)
    if activation == "swiglu":
        gate_half, up_half = hidden.chunk(2, -1)
        activated = F.silu(gate_half) * up_half
    else:
        activated = F.gelu(hidden)
    y = torch._grouped_mm(activated, down.transpose(1, 2), ends)
    by_slot = torch.empty_like(y)
    by_slot[order] = y
    return (by_slot.view(x.shape[0], k, -1) * weights.unsqueeze(-1).to(y.dtype)).sum(1)


def timed(replay, flush, repeats, cold):
    # As hotloop-kernels bench: 30 ms of replays first, what ran before leaves its clock rate behind.
    times, i, begun = [], -3, time.monotonic()
    while i < repeats:
        if cold:
            flush.sum()
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        replay()
        end.record()
        end.synchronize()
        if i >= 0:
            times.append(begin.elapsed_time(end) * 1e3)
        if i != -1 or time.monotonic() - begun > 0.03:
            i += 1
    times.sort()
    at = lambda share: round(times[int(share * (len(times) - 1) + 0.5)], 2)
    return [at(0.1), at(0.5), at(0.9)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=["main", "all"], default="main")
    parser.add_argument("--repeats", type=int, default=21)
    parser.add_argument("--log", default="/dev/null")
    args = parser.parse_args()
    torch.manual_seed(1)
    device = torch.device("cuda")
    flush = torch.randn(64 << 20, device=device)
    big = torch.randn(8192, 8192, device=device, dtype=torch.bfloat16)
    out = torch.empty_like(big)
    product = timed(lambda: torch.mm(big, big.t(), out=out), flush, 11, False)[1]
    source = torch.empty(1 << 30, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    copy = timed(lambda: target.copy_(source), flush, 11, False)[1]
    with open(args.log, "w") as log:
        head = {"device": torch.cuda.get_device_name(), "torch": torch.__version__,
                "product_tflops": round(2 * 8192**3 / product * 1e-6, 1),
                "copy_gbs": round(2 * (1 << 30) / copy * 1e-3)}
        log.write(json.dumps(head) + "\n")
        print(head)
        for name, tokens, dim, inner, experts, k, activation in SHAPES + (
                MORE if args.set == "all" else []):
            wide = 2 * inner if activation == "swiglu" else inner
            if experts * dim * (wide + inner) * 2 > 40e9:
                print(f"{name}: left out, its weights exceed 40 GB")
                continue
            random = lambda *shape: torch.randn(*shape, device=device, dtype=torch.bfloat16)
            x, gate = random(tokens, dim), random(experts, dim) / dim**0.5
            up, down = random(experts, wide, dim), random(experts, dim, inner)
            up /= dim**0.5
            down /= inner**0.5
            with torch.no_grad():
                stream = torch.cuda.Stream()
                with torch.cuda.stream(stream):
                    for _ in range(3):
                        layer(x, gate, up, down, k, activation)
                torch.cuda.synchronize()
                graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(graph):
                    result = layer(x, gate, up, down, k, activation)
                cold = timed(graph.replay, flush, args.repeats, True)
                warm = timed(graph.replay, flush, args.repeats, False)
            assert torch.isfinite(result).all()
            log.write(json.dumps({"shape": name, "tokens": tokens, "dim": dim, "inner": inner,
                                  "experts": experts, "k": k, "activation": activation,
                                  "op": "anchor", "cold_us": cold, "warm_us": warm}) + "\n")
            print(f"{name:24s} anchor cold {cold[1]:9.1f} us  warm {warm[1]:9.1f} us")
            del x, gate, up, down, graph, result
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
