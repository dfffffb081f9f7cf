"""What collect.py and live.py share: the program of the study and how it is recorded."""

import argparse
import os
import subprocess

PROGRAM = ("run --tokens 32 --dim 16 --hidden 32 --experts 4 --layers 1 --threads 1 --steps 25 --device cpu").split()


def parser(document, state=None, budget=float):
    options = argparse.ArgumentParser(description=document, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--state", required=state is None, default=state, help="name of the machine's state: quieter, noisy; quieter-2 for part 2 of it")
    options.add_argument("--budget", type=budget, default=1e9, help="seconds" if budget is float else "1500s, 25m, 2h")
    options.add_argument("--results", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "results"))
    options.add_argument("--hotloop", default="build/dev/bin/hotloop")
    options.add_argument("--moe", default="build/dev/bin/hotloop-moe")
    return options


def absolute(options):
    for name in ("hotloop", "moe", "results"):
        setattr(options, name, os.path.abspath(getattr(options, name)))
    os.makedirs(options.results, exist_ok=True)
    return options


def record(options, target, more=()):
    command = [options.hotloop, "record", "-q", "-f", "-o", target, "--", options.moe, *PROGRAM, *more]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def durations(options, run):
    query = "SELECT duration FROM step WHERE steady = 1 ORDER BY start"
    text = subprocess.run([options.hotloop, "query", run, query, "--format", "csv"], capture_output=True,
                          text=True).stdout
    return [int(line) for line in text.split("\n")[1:] if line]
