#!/usr/bin/env python3
"""Times torch.compile (JIT): the layer in all four modes, the guide's fused gating in two.

Each mode is compiled in a process of its own with an empty cache, so that the compile time is what a
first user waits. Times are medians over interleaved rounds with the eager module; counts of kernels are
the profiler's. Prints JSON.

    compile_times.py --device cuda --tokens 4096 --dim 512 --hidden 2048 --experts 32
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import layer as reference  # noqa: E402


def synchronize(device):
    if device == "cuda":
        torch.cuda.synchronize()


def round_ms(function, inputs, device, steps):
    synchronize(device)
    start = time.perf_counter()
    for _ in range(steps):
        function(*inputs)
    synchronize(device)
    return (time.perf_counter() - start) * 1e3 / steps


def kernels(function, inputs, device):
    """Kernels of one call on a GPU; operators and fused C++ loops on a CPU."""
    from torch.profiler import ProfilerActivity, profile

    activities = [ProfilerActivity.CPU] + ([ProfilerActivity.CUDA] if device == "cuda" else [])
    for attempt in range(2):  # the first profile of a process may miss events
        with profile(activities=activities) as recorded:
            function(*inputs)
            synchronize(device)
    if device == "cuda":
        names = [e.name for e in recorded.events() if e.device_type == torch.autograd.DeviceType.CUDA]
        return len([n for n in names if not n.startswith(("Memcpy", "Memset"))])
    views = ("view", "reshape", "slice", "select", "t", "transpose", "expand", "unsqueeze", "as_strided", "empty",
             "empty_strided", "empty_like", "detach", "alias", "resolve_conj", "permute", "_unsafe_view", "to")
    leaves = [e for e in recorded.events() if not e.cpu_children]
    return len([e for e in leaves if e.name.startswith("aten::") and e.name[6:] not in views] +
               [e for e in recorded.events() if "cpp_fused" in e.name or "graph_0_" in e.name])


def time_mode(args):
    """One mode, in this process."""
    torch.manual_seed(1)
    inputs = reference.make_inputs(args)
    if args.module == "gating":
        module, inputs = reference.Gating(args.top_k), inputs[:2]
    else:
        module = reference.Layer(args.dispatch, args.activation, args.top_k, reference.COMPUTE[args.amp])
    module.eval()
    with torch.no_grad():
        expected = module(*inputs)[0].clone()
        compiled = torch.compile(module, mode=None if args.mode == "default" else args.mode)
        start = time.perf_counter()
        got = compiled(*inputs)[0].clone()
        synchronize(args.device)
        seconds = time.perf_counter() - start
        for _ in range(5):  # graphs are recorded on the second call
            compiled(*inputs)
        eager, fast = [], []
        for index in range(args.rounds):
            pair = [(module, eager), (compiled, fast)]
            for function, times in pair if index % 2 == 0 else reversed(pair):
                times.append(round_ms(function, inputs, args.device, args.steps))
        ratios = sorted(a / b for a, b in zip(eager, fast))
        error = ((got.double() - expected.double()).norm() / expected.double().norm()).item()
        return {"mode": args.mode, "compile_seconds": round(seconds, 2),
                "eager_ms": statistics.median(eager), "compiled_ms": statistics.median(fast),
                "speedup": {"median": statistics.median(ratios), "p10": ratios[len(ratios) // 10],
                            "p90": ratios[-1 - len(ratios) // 10]},
                "relative_difference": error, "eager_kernels": kernels(module, inputs, args.device),
                "compiled_kernels": kernels(compiled, inputs, args.device)}


def in_new_process(args, module, mode):
    arguments = [a for a in sys.argv[1:] if a not in ("--modules", "layer", "gating")]
    with tempfile.TemporaryDirectory() as cache:
        import os

        environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": cache, "TRITON_CACHE_DIR": cache + "/triton",
                       "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1"}
        done = subprocess.run([sys.executable, __file__, *arguments, "--one", module, mode], env=environment,
                              capture_output=True, text=True, timeout=args.limit)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        return {"mode": mode, "failed": lines[-1] if lines else f"exit code {done.returncode}"}
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reference.add_sizes(parser)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--limit", type=int, default=400, help="seconds for one mode")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    reference.check_sizes(parser, args)
    if args.one:
        args.module, args.mode = args.one
        print(json.dumps(time_mode(args)))
        return 0
    result = {"schema": "hotloop.moe_compile_times/1", "torch": torch.__version__, "device": args.device,
              "gpu": torch.cuda.get_device_name() if args.device == "cuda" else "",
              "sizes": {name: getattr(args, name) for name in ("tokens", "dim", "hidden", "experts", "top_k")},
              "dispatch": args.dispatch, "amp": args.amp, "activation": args.activation}
    for module in ("layer", "gating"):
        result[module] = []
        for mode in reference.MODES if module == "layer" else ("default", "max-autotune"):
            try:
                result[module].append(in_new_process(args, module, mode))
            except subprocess.TimeoutExpired:
                result[module].append({"mode": mode, "failed": f"took more than {args.limit} s"})
            print(f"{module} {mode}: {result[module][-1]}", file=sys.stderr)
    print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
