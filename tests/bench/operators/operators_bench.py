#!/usr/bin/env python3
"""What recording adds to a LibTorch operator, next to what torch.profiler adds to the same loop.

    operators_bench.py BUILD-FOLDER [--rounds 5] [--python .cache/env/bin/python]

Every round runs each loop plainly, under an observer that does nothing (the floor of anything that
listens to LibTorch), and in every way of recording, one after the other, so that all ways
see the same machine; a figure is the median of the rounds' differences to the plain run of that round,
with the smallest and the largest. Time is CPU time of the loop's thread; a run's figure is its fastest
block. `hotloop record` drains the rings meanwhile, as it always does."""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
COUNT, BLOCKS = 30000, 6
# What a loop's iteration makes: aten::detach calls detach, and the others are one operator.
OPERATORS = {"inplace": 1, "view": 2, "allocate": 1, "module": 1}
WAYS = {  # of `hotloop record`
    "operators alone": ["--no-python-frames", "--stacks", "off"],
    "with Python location": ["--stacks", "off"],
    "with location and stacks": [],
}
# The floor: what LibTorch takes for calling an observer at all.
FLOOR = "an empty observer"


def fastest(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    values = [float(line) for line in done.stdout.splitlines()]
    if done.returncode != 0 or len(values) != BLOCKS:
        sys.exit("operators_bench: %s failed:\n%s" % (" ".join(command), done.stderr))
    return min(values)


def measure(rounds, record, target, kind, profiler, observer):
    loop = target + [kind, str(COUNT), str(BLOCKS)]
    ways = {FLOOR: loop + [observer]}
    ways.update({name: record + flags + ["--"] + loop for name, flags in WAYS.items()})
    if profiler:
        ways["torch.profiler"] = loop + ["profiler"]
        ways["torch.profiler with_stack"] = loop + ["profiler-stack"]
    plain, added = [], {name: [] for name in ways}
    for _ in range(rounds):
        plain.append(fastest(loop))
        for name, command in ways.items():
            added[name].append((fastest(command) - plain[-1]) / OPERATORS[kind])
    return statistics.median(plain) / OPERATORS[kind], added


def show(title, plain, added):
    print("%s: %.0f ns an operator, plainly" % (title, plain))
    for name, values in added.items():
        row = "  %-26s +%5.0f ns  (%.0f to %.0f)" % (name, statistics.median(values), min(values), max(values))
        for other in ("torch.profiler", "torch.profiler with_stack"):
            if other in added and (name in WAYS or name == FLOOR):
                ratios = [ours / theirs for ours, theirs in zip(values, added[other])]
                row += "  %.2f of %s" % (statistics.median(ratios), other)
        if name in WAYS:
            own = [ours - floor for ours, floor in zip(values, added[FLOOR])]
            row += "  (%.0f ns above the empty observer)" % statistics.median(own)
        print(row)
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", default=os.path.join(HERE, "../../../.cache/env/bin/python"))
    parser.add_argument("--kinds", default="inplace,view,allocate")
    options = parser.parse_args()
    hotloop = os.path.join(options.build, "bin/hotloop")
    loop = os.path.join(options.build, "bench/hotloop_operators_loop")
    observer = os.path.abspath(os.path.join(options.build, "lib/libhotloop_empty_observer.so"))
    for program in (hotloop, loop, observer):
        if not os.access(program, os.X_OK):
            sys.exit("operators_bench: %s was not found: build the targets hotloop, hotloop_inject, hotloop_torch_plugin and hotloop_operators_loop" % program)
    with tempfile.TemporaryDirectory() as folder:
        record = [hotloop, "record", "-f", "-o", os.path.join(folder, "run.hotloop")]
        for kind in options.kinds.split(","):
            if kind != "module":
                show("C++ " + kind, *measure(options.rounds, record, [loop], kind, False, observer))
            script = [options.python, os.path.join(HERE, "operators_loop.py")]
            show("Python " + kind, *measure(options.rounds, record, script, kind, True, observer))


main()
