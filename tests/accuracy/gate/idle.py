#!/usr/bin/env python3
"""The study on an idle machine, as one command that can be called again until it is done.

    idle.py --budget 1500s --hotloop build/dev/bin/hotloop --moe build/dev/bin/hotloop-moe

One run after the other and nothing beside it: live verdicts in the first 45 % of the budget (none once there are
--verdicts of each kind), unchanged runs in the rest, until there are --runs. Results go to results/live_idle.jsonl and
results/idle.tsv line by line, so that a call that was cut off loses one run; the next call goes on. Says at the end how
long a run took, how many are there, and the command that goes on. Then: analyse.py > results/summary.json

Refuses to begin (exit code 3) where the load average is above --most-load: figures of a busy machine would stand under
the wrong name. --state names another state of the machine, with --most-load 1000 for a busy one.
"""

import os
import pathlib
import re
import subprocess
import sys
import time

import study

UNITS = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}
LIVE_SHARE = 0.45


def seconds(text):
    parts = re.fullmatch(r"([0-9.]+)\s*(s|m|min|h|)", text)
    if not parts:
        raise ValueError(f"'{text}' is no time; write 1500s or 25m")
    return float(parts.group(1)) * UNITS[parts.group(2)]


def lines(path):
    return len(path.read_text().splitlines()) if path.exists() else 0


def main():
    parser = study.parser(__doc__, state="idle", budget=seconds)
    parser.add_argument("--runs", type=int, default=400, help="unchanged runs in all")
    parser.add_argument("--verdicts", type=int, default=10, help="live verdicts of each kind in all")
    parser.add_argument("--most-load", type=float, default=0.5, help="load average to begin at")
    options = study.absolute(parser.parse_args())
    load = os.getloadavg()[0]
    if load > options.most_load:
        print(f"idle.py: the load average is {load:.2f}, more than {options.most_load:g}: something else runs here. Wait for its "
              "end, or name the state with --state and raise --most-load", file=sys.stderr)
        return 3
    here = pathlib.Path(__file__).resolve().parent
    runs = pathlib.Path(options.results) / f"{options.state}.tsv"
    verdicts = pathlib.Path(options.results) / f"live_{options.state}.jsonl"
    common = ["--state", options.state, "--results", options.results, "--hotloop", options.hotloop, "--moe", options.moe]
    began = time.time()
    before = lines(runs)
    if lines(verdicts) < 2 * options.verdicts:
        # Every call calibrates anew and makes one verdict at least, however short its time.
        subprocess.run([sys.executable, here / "live.py", *common, "--verdicts", str(options.verdicts), "--budget",
                        str(options.budget * LIVE_SHARE)], check=True)
    collecting = time.time()
    left = options.budget - (collecting - began)
    if left > 0:
        subprocess.run([sys.executable, here / "collect.py", *common, "--runs", str(options.runs), "--budget", str(left)],
                       check=True)
    ended = time.time()
    made = lines(runs) - before
    print(f"{lines(runs)} of {options.runs} unchanged runs, {lines(verdicts)} of {2 * options.verdicts} live verdicts, "
          f"{ended - began:.0f} s" + (f", {(ended - collecting) / made:.2f} s a run" if made else ""))
    if lines(runs) < options.runs or lines(verdicts) < 2 * options.verdicts:
        print("not done: call it again with the same words")
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
