#!/usr/bin/env python3
"""Writes docs/guide_measured.md: every claim of the optimization guide beside what was measured.

The measurements are the JSON files that tools/measure_guide leaves; those behind the committed page are in
docs/measured/<machine>/. Nothing in the page is typed in: a figure without a file is said to be missing.
    tools/guide_measured.py            writes docs/guide_measured.md
    tools/guide_measured.py --check    exit 1 if the page is not what the files give
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MACHINES = [("cpu", "CPU"), ("gpu", "GPU")]
MISSING = "not measured"


class Results:
    def __init__(self, folder):
        self.folder = folder

    def __getitem__(self, name):
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text()) if path.is_file() else None

    def machine(self):
        for name in ("stack_inference", "amp", "cpu_goal", "stack_train"):
            if self[name]:
                about = self[name]["machine"]
                bf16 = "with" if about["native_bf16"] else "without"
                host = f"{about['processor']}, {about['cores']} cores, {bf16} native bf16"
                gpu = f"{about['gpu']}; host " if about["gpu"] else ""
                return f"{gpu}{host}; LibTorch {about['torch']}"
        return MISSING


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]


def times(value):
    return f"{value:.2f}x"


def spread(s):
    return f"{s['median']:.2f}x ({s['p10']:.2f}-{s['p90']:.2f})"


def ratio_of(bench, index, base=0):
    """Spread of base over index, round by round."""
    rounds = [c["step_ms"]["rounds"] for c in bench["configurations"]]
    values = sorted(a / b for a, b in zip(rounds[base], rounds[index]))
    pick = lambda q: values[min(len(values) - 1, int(q * len(values)))]  # noqa: E731
    return {"median": pick(0.5), "p10": pick(0.1), "p90": pick(0.9)}


def in_range(value, low, high):
    if value < low * 0.95:
        return "below"
    return "above" if value > high * 1.05 else "as claimed"


def rung(stack, word):
    return next((r for r in stack["rungs"] if word in r["name"]), None)


def place(result, title):
    """The GPU of this very file: parts may come from different ones."""
    return result["machine"]["gpu"].split(",")[0] or title


def section_operations(machines):
    yield "## What is safe in the loop\n"
    yield ("*waits*: host waits per call (on a GPU, PyTorch's own check; on a CPU, operators that would wait). "
           "*capture*: whether a CUDA graph can hold the operation. "
           "These are counts; they do not depend on the machine.\n")
    gpu, cpu = machines["gpu"]["claims"], machines["cpu"]["claims"]
    known = gpu or cpu
    if not known:
        yield MISSING + "\n"
        return
    rows = []
    for index, entry in enumerate(known["operations"]):
        on_gpu = gpu["operations"][index] if gpu else None
        on_cpu = cpu["operations"][index] if cpu else None
        waits = entry["syncs"] > 0
        if entry["guide"] == "safe":
            verdict = "**wrong**: it waits" if waits else "right"
        elif waits:
            verdict = "right"
        else:
            verdict = "allocates, but does not wait" + (
                "; a graph freezes the size" if on_gpu and on_gpu["capturable"] else "")
        rows.append([f"`{entry['name']}`", entry["guide"], on_cpu["syncs"] if on_cpu else MISSING,
                     on_gpu["syncs"] if on_gpu else MISSING, on_gpu["kernels"] if on_gpu else MISSING,
                     MISSING if not on_gpu else "yes" if on_gpu["capturable"] else "no", verdict])
    yield from table(["operation", "guide", "waits, CPU", "waits, GPU", "kernels, GPU", "capture", "verdict"], rows)
    yield "\n`x[mask]` is the entry to know: its result's size depends on the values, so the host must wait to learn it. " \
          "`torch.where(mask, a, b)` keeps the shape and does not.\n"


def section_compile(machines):
    yield "## torch.compile\n"
    claims = {"default": ("~30 s", "1.3-1.5x", 1.3, 1.5), "reduce-overhead": ("~10 s", "1.2-1.3x", 1.2, 1.3),
              "max-autotune": ("2-5 min", "1.5-2.0x", 1.5, 2.0), "max-autotune-no-cudagraphs": ("-", "-", None, None)}
    for key, title in MACHINES:
        result = machines[key]["compile"]
        yield f"### {title}\n"
        if not result:
            yield MISSING + "\n"
            continue
        rows = []
        for entry in result["layer"]:
            compile_claim, speed_claim, low, high = claims[entry["mode"]]
            if "failed" in entry:
                rows.append([entry["mode"], compile_claim, "failed: " + entry["failed"], speed_claim, "-", "-", "-"])
                continue
            verdict = "-" if low is None else in_range(entry["speedup"]["median"], low, high)
            rows.append([entry["mode"], compile_claim, f"{entry['compile_seconds']:.0f} s", speed_claim,
                         spread(entry["speedup"]), f"{entry['eager_kernels']} -> {entry['compiled_kernels']}", verdict])
        yield from table(["mode", "compile time, guide", "measured", "speed-up, guide", "measured", "kernels", "verdict"],
                         rows)
        s = result["sizes"]
        yield (f"\nThe layer with {result['dispatch']} dispatch, {result['amp']}, T={s['tokens']} d={s['dim']} "
               f"I={s['hidden']} E={s['experts']} k={s['top_k']}, JIT, empty cache, torch {result['torch']}.\n")
        done = {e["mode"]: e for e in result["layer"] if "failed" not in e}
        if {"default", "reduce-overhead"} <= done.keys():
            a, b = done["default"]["compile_seconds"], done["reduce-overhead"]["compile_seconds"]
            yield (f"`reduce-overhead` is said to compile faster than `default`: {b:.0f} s against {a:.0f} s. It is the same "
                   "compilation plus recording a CUDA graph" + (", and on a CPU nothing is added.\n" if key == "cpu" else ".\n"))
        gating = {e["mode"]: e for e in result["gating"] if "failed" not in e}
        if "max-autotune" in gating:
            g = gating["max-autotune"]
            fused = "fused into one" if g["compiled_kernels"] <= 1 else "not fused into one"
            yield (f"`FusedMoEGating` (linear + softmax + top-k, `max-autotune`): {g['eager_kernels']} kernels become "
                   f"{g['compiled_kernels']}: {fused}. The product and the top-k stay kernels of their own; "
                   "`--fusion kernels` does all three in one.\n")


def section_graphs(machines):
    yield "## CUDA graphs\n"
    gpu = machines["gpu"]
    rows = []
    for name, title, claim, low, high in (("graph_small", "small model", "2.5x", 2.5, 2.5),
                                          ("graph_large", "large model", "1.7x", 1.7, 1.7),
                                          ("graph_moe", "MoE (32 experts)", "2.5x", 2.5, 2.5),
                                          ("graph_train", "training step, 32 experts", "not suitable", None, None)):
        bench = gpu[name]
        if not bench:
            rows.append([title, claim, MISSING, "-", "-"])
            continue
        measured, s = ratio_of(bench, 1), bench["sizes"]
        verdict = "**wrong**: it can be captured" if low is None else in_range(measured["median"], low, high)
        rows.append([title, claim, spread(measured),
                     f"T={s['tokens']} d={s['dim']} I={s['hidden']} E={s['experts']} layers={s['layers']}", verdict])
    yield from table(["what", "guide", "measured, GPU", "sizes", "verdict"], rows)
    yield ("\nBoth sides run the same sync-free code (`--dispatch grouped`, bf16, kept buffers); only the graph differs. A graph "
           "removes the host's time per launch, so it pays by how far the host is behind the device. The guide's per-expert loop "
           "cannot be captured at all: it reads token counts back (`hotloop-moe run --dispatch naive --graph on` says so).\n")
    claims = gpu["claims"]
    if claims and claims.get("training_step"):
        t = claims["training_step"]
        yield (f"A training step in PyTorch, forward to optimizer, captured once and replayed 50 times: loss {t['first_loss']:.3f} "
               f"to {t['last_loss']:.3f}. \"Not suitable for training\" was true of older versions.\n")


def section_memory(machines):
    yield "## Memory optimization\n"
    rows = []
    for key, title in MACHINES:
        deep = machines[key]["stack_deep"]
        if not deep:
            rows.append(["checkpointing", title, "50-70 % less memory, 20-30 % more time", MISSING, "-"])
        else:
            before, after = rung(deep, "+ AMP"), rung(deep, "+ checkpointing")
            saved = 100 * (1 - after["memory"]["activation_bytes"] / before["memory"]["activation_bytes"])
            cost = 100 * (after["step_ms"]["median"] / before["step_ms"]["median"] - 1)
            good = 45 <= saved and cost <= 33
            rows.append([f"checkpointing, {deep['sizes']['layers']} layers", place(deep, title), "50-70 % less memory, 20-30 % more time",
                         f"activations {-saved:+.0f} %, time {cost:+.0f} %", "as claimed" if good else "differs"])
            selective = rung(deep, "selective")
            if selective:
                less = 100 * (1 - selective["memory"]["activation_bytes"] / before["memory"]["activation_bytes"])
                rows.append(["selective checkpoint, with kept buffers", place(deep, title), "-", f"activations {-less:+.0f} %", "-"])
        amp = machines[key]["amp"]
        stack = machines[key]["stack_train"]
        if not amp or not stack:
            rows.append(["AMP", title, "40-50 % less memory, 2-3x", MISSING, "-"])
            continue
        naive, dense = ratio_of(amp, 1, 0), ratio_of(amp, 3, 2)
        before, after = rung(stack, "fusion"), rung(stack, "+ AMP")
        saved = 100 * (1 - after["memory"]["activation_bytes"] / before["memory"]["activation_bytes"])
        whole = 100 * (1 - after["memory"]["process_bytes"] / before["memory"]["process_bytes"])
        rows.append(["AMP, per-expert loop", place(amp, title), "2-3x", spread(naive),
                     "**slower**" if naive["median"] < 0.95 else in_range(naive["median"], 2, 3)])
        rows.append(["AMP, few large products (dense)", place(amp, title), "2-3x", spread(dense), in_range(dense["median"], 2, 3)])
        rows.append(["AMP, memory", place(stack, title), "40-50 % less", f"activations {-saved:+.0f} %, whole process {-whole:+.0f} %",
                     "activations only" if saved >= 35 else "differs"])
    yield from table(["technique", "machine", "guide", "measured", "verdict"], rows)
    yield ("\nUnder AMP a loop over experts casts every expert's weights in every step; where launches or the host bound the step, "
           "those casts are added time. Activations are the allocator's peak without weights and their kept copies, gradients, "
           "optimizer state and data, whether gradients are kept or made anew in every step. In-place operations and kept buffers show as allocator events in the stack below.\n")


def section_goal(machines):
    yield "## Two CPU cores, inference, weights prepacked\n"
    benches = [(machines["cpu"]["cpu_goal" + which], machines["cpu"]["gemm_floor" + which]) for which in ("", "_intel")]
    benches = [(bench, floor) for bench, floor in benches if bench]
    if not benches:
        yield MISSING + "\n"
        return
    rows = []
    s = benches[0][0]["sizes"]
    gflop = 2e-9 * s["tokens"] * s["top_k"] * s["dim"] * s["hidden"] * 3  # SwiGLU: gate, up, down
    for bench, floor in benches:
        about = bench["machine"]
        place = about["processor"] + (", with native bf16" if about["native_bf16"] else "")
        for title, naive, full in (("bf16", 0, 1), ("fp32", 2, 3)):
            ms = [bench["configurations"][i]["step_ms"]["median"] for i in (naive, full)]
            least = f"{1e3 * gflop / floor['gflops'][title]['median']:.1f}" if floor else MISSING
            rows.append([place, title, f"{ms[0]:.1f}", f"{ms[1]:.1f}", spread(ratio_of(bench, full, naive)), least])
    yield from table(["machine", "format", "per-expert loop, ms", "full stack, ms", "speed-up", "floor of the products, ms"], rows)
    yield (f"\nT={s['tokens']} d={s['dim']} I={s['hidden']} E={s['experts']} k={s['top_k']}. Floor: {gflop:.1f} GFLOP at the "
           "rate of one large product on that machine. In fp32 nearly all of the time is the products themselves, which both sides leave to the same library, some 32 rows at a time; in bf16 the loop also casts "
           "and lays out every expert's weights in every step, and the stack packs them once.\n")


def section_loops(machines):
    yield "## The guide's shape: both per-expert loops against everything in one graph\n"
    rows, sizes = [], None
    for what in ("inference", "train"):
        for experts in (8, 32):
            bench = machines["gpu"][f"loops_{'train_' if what == 'train' else ''}{experts}"]
            if not bench:
                continue
            sizes = bench["sizes"]
            for title, first in (("fp32", 0), ("bf16", 3)):
                ms = [bench["configurations"][first + i]["step_ms"]["median"] for i in range(3)]
                rows.append(["inference" if what == "inference" else "training step", experts, title, *(f"{one:.3f}" for one in ms),
                             spread(ratio_of(bench, first + 2, first)), spread(ratio_of(bench, first + 2, first + 1))])
    if not rows:
        yield MISSING + "\n"
        return
    yield from table(["what", "experts", "format", "naive, ms", "stacked, ms", "everything, ms", "over naive", "over stacked"], rows)
    yield (f"\nT={sizes['tokens']} d={sizes['dim']} I={sizes['hidden']} k={sizes['top_k']}, GELU, one layer with residual and loss of "
           "the output; everything: grouped products by kernels, kept buffers, in place, one CUDA graph (in training also the fused "
           "optimizer). The layer by itself, cold: kernels.md.\n")


def section_stack(machines):
    yield "## Combined strategy\n"
    for key, title in MACHINES:
        for name in ("stack_train", "stack_train_32", "stack_inference", "stack_inference_32", "stack_inference_compiled"):
            stack = machines[key][name]
            if not stack:
                yield f"### {title}, {name}\n\n{MISSING}\n"
                continue
            s = stack["sizes"]
            what = "training step" if stack["mode"] == "train" else "inference"
            what += ", compiled ahead of time" if name.endswith("compiled") else ""
            yield f"### {place(stack, title)}, {what}: T={s['tokens']} d={s['dim']} I={s['hidden']} E={s['experts']} k={s['top_k']}\n"
            rows = []
            for r in stack["rungs"]:
                c, g, m = r["counts"], r["guide"], r["memory"]
                claim = lambda v: f"{v:.1f}x" if v is not None else "-"  # noqa: E731
                rows.append([r["name"], f"{r['step_ms']['median']:.3f}", spread(r["speedup"]), claim(g["speedup"]),
                             f"{m['activation_bytes'] / 2**20:.1f} MiB = {times(m['activation_ratio'])}", claim(g["memory"]),
                             f"{m['process_bytes'] / 2**20:.0f} MiB = {times(m['process_ratio'])}", c["launches"], c["syncs"],
                             c["allocations"], f"{r['numerics']['output_error']:.1e}"])
            yield from table(["rung", "ms", "speed-up (p10-p90)", "guide", "activations", "guide", "process", "launches",
                              "syncs", "allocations", "error"], rows)
            yield ""
            for r in stack["rungs"][1:]:
                yield f"- **{r['name']}**: " + " ".join(([r["note"]] if r["note"] else []) + r["why"])
            last = [r for r in stack["rungs"] if r["guide"]["speedup"] is not None][-1]
            yield (f"\nThe guide's last row says {last['guide']['speedup']:.1f}x at {last['guide']['memory']:.1f}x memory; measured "
                   f"{last['speedup']['median']:.2f}x at {last['memory']['activation_ratio']:.2f}x activations.\n")


def page():
    machines = {key: Results(ROOT / "docs" / "measured" / key) for key, _ in MACHINES}
    lines = ["# The guide, measured\n",
             "Generated by `tools/guide_measured.py` from `docs/measured/`, which `tools/measure_guide OUT [--device cuda]` makes. "
             "Each figure is a median with the 10th and 90th percentile of interleaved rounds in brackets; other machines give other "
             "figures, and the same commands. A table's heading names its GPU where it is not the one below.\n"]
    for key, title in MACHINES:
        lines.append(f"- {title}: {machines[key].machine()}")
    lines.append("")
    for section in (section_operations, section_compile, section_graphs, section_memory, section_loops, section_goal,
                    section_stack):
        lines += list(section(machines))
    return "\n".join(lines).rstrip() + "\n"


def main():
    target = ROOT / "docs" / "guide_measured.md"
    text = page()
    if "--check" in sys.argv[1:]:
        if target.is_file() and target.read_text() == text:
            return 0
        print("docs/guide_measured.md is not what docs/measured gives; run tools/guide_measured.py", file=sys.stderr)
        return 1
    target.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
