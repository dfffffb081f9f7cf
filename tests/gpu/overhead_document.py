"""docs/overhead.md from the results of tools/gpu_check."""

import json

import overhead

NAMES = {
    "plain": "nothing",
    "bare": "bare collector: CUPTI's own records of the same facts, thrown away",
    "bare kernels": "bare collector, kernels only",
    "lean": "`record --no-operators --stacks off --no-python-frames --no-nvtx`: CUDA alone",
    "lean+places": "the same with Python places",
    "lean+stacks": "the same with Python places and call stacks",
    "operators": "`record --no-cuda`: operators, places, NVTX",
    "default": "`record`",
    "detail graph": "`record --detail graph`",
    "outside window": "`record --window`, outside of it",
    "outside window, CUDA alone": "the same with CUDA alone",
    "plain again": "nothing, in another process: what the run can resolve",
    "torch.profiler": "torch.profiler, CPU and CUDA",
}
TARGETS = {
    "loop": "PyTorch, mixture of experts, one expert after the other (host-bound)",
    "grouped": "PyTorch, the same with grouped GEMMs (host-bound)",
    "graph": {"torch": "PyTorch, grouped, as a CUDA graph", "launch": "C++, a CUDA graph of 100 empty kernels"},
    "gpu": "PyTorch, large matrix products (device-bound)",
    "launch": "C++, empty kernels (per launch)",
    "spin": "C++, kernels of 32 us (device-bound)",
}


def load(out, stage):
    path = out / f"{stage}.json"
    return json.loads(path.read_text()) if path.exists() else None


def us(seconds):
    return f"{seconds * 1e6:.2f}" if abs(seconds) < 1e-3 else f"{seconds * 1e6:.0f}"


def between(pair, scale=us):
    return f"{scale(pair[0])} .. {scale(pair[1])}" if pair else ""


def table(program, target, found):
    title = TARGETS.get(target, target)
    title = title[program] if isinstance(title, dict) else title
    lines = [f"### {title}", "",
             "| recorded with | us | added us | 95 % interval | share | of bare | of torch.profiler's time |",
             "|---|---|---|---|---|---|---|"]
    for name, row in found["rows"].items():
        ratio = ""
        if "to_bare" in row:
            ratio = f"{row['to_bare']:.2f}"
            if row.get("to_bare_interval"):
                ratio += f" ({between(row['to_bare_interval'], lambda x: f'{x:.2f}')})"
        profiler = f"{row['time_to_profiler']:.2f}" if "time_to_profiler" in row else ""
        if "added_s" in row:
            lines.append(f"| {NAMES.get(name, name)} | {us(row['median_s'])} | {us(row['added_s'])} | "
                         f"{between(row['added_interval_s'])} | {row['added_share'] * 100:.1f} % | "
                         f"{ratio} | {profiler} |")
        else:
            lines.append(f"| {NAMES.get(name, name)} | {us(row['median_s'])} | | "
                         f"{between(row['interval_s'])} | | | |")
    return lines + [""]


def pooled(outs, stage):
    """The rounds of several runs put together, each with the plain time of its own round."""
    results = [found["facts"]["result"] for out in outs
               if (found := load(out, stage)) and "result" in found["facts"]]
    if not results:
        return None
    last, targets = results[-1], {}
    for target, found in last["targets"].items():
        rows = {}
        names = [n for n in found["samples"] if all(n in r["targets"][target]["samples"] for r in results)]
        names += [n for n in found["samples"] if n not in names]
        shared = [n for n in names if all(n in r["targets"][target]["samples"] for r in results)]
        samples = {n: [x for r in results for x in r["targets"][target]["samples"][n]] for n in shared}
        rows = overhead.summary(samples)
        # What only the last run has is judged by it alone.
        for name in names:
            if name not in shared:
                rows[name] = found["rows"][name]
        targets[target] = {"rows": {n: rows[n] for n in found["samples"]}}
    return {"rounds": sum(r["rounds"] for r in results), "runs": len(results), "targets": targets}


def doctor_warnings(text):
    """What `hotloop doctor` missed on the machine: a figure without it is no figure with it."""
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if line.startswith("warn"):
            more = lines[i + 1].strip() if i + 1 < len(lines) and lines[i + 1].startswith(" ") else ""
            yield f"- **not there**: {' '.join(line.split()[1:])}{': ' + more if more else ''}"


def document(outs):
    out = outs[-1]
    machine = load(out, "machine") or {"facts": {}}
    facts = machine["facts"]
    meta = next((value for stage in ("plain_cuda",) for key, value in
                 ((load(out, stage) or {"facts": {}})["facts"]).items() if key.endswith(" meta")), {})
    lines = [
        "# What recording CUDA costs", "",
        "Made by `tools/gpu_check document` from what `tools/gpu_check run` measured; do not edit.", "",
        f"- GPU: {facts.get('gpu', '?')}",
        f"- host: {facts.get('cpu', '?')}; {facts.get('kernel', '?')}",
        f"- driver {meta.get('driver_version', '?')}, CUPTI {meta.get('cupti_version', '?')}, "
        f"PyTorch {facts.get('torch', '?')}", *doctor_warnings(facts.get("doctor", "")), "",
        "All configurations of a table are processes that live at once and take turns, in an order drawn",
        "anew each round. *added* is the median over rounds of (with - without), its interval a bootstrap",
        "over rounds; *of bare* compares it with what CUPTI adds by itself. Two plain processes that do the",
        "same differ too, by where the machine puts them: that row says what the figures can resolve.", ""]
    for program, stage, title in (("torch", "overhead_few", "PyTorch, host-bound: what is promised"),
                                  ("torch", "overhead_torch", "PyTorch"), ("launch", "overhead_launch", "C++")):
        result = pooled(outs, stage)
        if not result:
            lines += [f"({stage} was not run.)", ""]
            continue
        lines += [f"## {title}, {result['rounds']} rounds in {result['runs']} run{'s' if result['runs'] > 1 else ''}", ""]
        for target, found in result["targets"].items():
            lines += table(program, target, found)
    burst = load(out, "burst")
    if burst:
        rows = burst["facts"].get("run", {}).get("rows", {})
        lines += ["## A million launches", "",
                  f"{rows.get('kernel')} kernels and {rows.get('api')} calls stored, "
                  f"{burst['facts'].get('bytes_per_launch', 0):.0f} bytes per launch; "
                  f"{'; '.join(burst['failures']) or 'nothing dropped'}. Recorder: "
                  + ", ".join(f"{k} {v}" for k, v in burst["facts"].get("meta", {}).items() if k in ("recorder_cpu_ns", "recorder_peak_bytes")) + ".", ""]
    lines += ["## Checks of the last run", "", "| stage | checks | failed | s |", "|---|---|---|---|"]
    failures = []
    for path in sorted(out.glob("*.json")):
        result = json.loads(path.read_text())
        if "checks" not in result: # device.json
            continue
        lines.append(f"| {path.stem} | {result['checks']} | {len(result['failures'])} | "
                     f"{result['seconds']:.0f} |")
        failures += [f"- {path.stem}: {text}" for text in result["failures"]]
    lines += [""]
    if failures:
        lines += ["What did not hold:", "", *failures, ""]
    return "\n".join(lines)
