#!/usr/bin/env python3
"""Records unchanged runs of hotloop-moe one after the other and keeps their steady step times and verdicts.

    collect.py --state noisy --runs 1000 --hotloop build/dev/bin/hotloop --moe build/dev/bin/hotloop-moe

Appends one line a run to results/<state>.tsv: time, load average, exit code of `hotloop check` against the
baseline of the first three runs (-1: these three, -2: the run failed), steady step times in ns. Stops at --runs
lines or after --budget seconds; called again it goes on where it stopped.
"""

import argparse
import os
import pathlib
import subprocess
import tempfile
import time

SIZES = ("--tokens 32 --dim 16 --hidden 32 --experts 4 --layers 1 --threads 1 --steps 25").split()


def record(options, target):
    command = [options.hotloop, "record", "-q", "-f", "-o", target, "--", options.moe, "run", *SIZES]
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def durations(options, run):
    query = "SELECT duration FROM step WHERE steady = 1 ORDER BY start"
    text = subprocess.run([options.hotloop, "query", run, query, "--format", "csv"], capture_output=True,
                          text=True).stdout
    return [line for line in text.split("\n")[1:] if line]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", required=True, help="name of the machine's state: idle, noisy")
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--budget", type=float, default=1e9, help="seconds")
    parser.add_argument("--results", default=str(pathlib.Path(__file__).parent / "results"), help="folder")
    parser.add_argument("--hotloop", default="build/dev/bin/hotloop")
    parser.add_argument("--moe", default="build/dev/bin/hotloop-moe")
    options = parser.parse_args()
    options.hotloop = os.path.abspath(options.hotloop)
    options.moe = os.path.abspath(options.moe)
    results = pathlib.Path(options.results).resolve() / f"{options.state}.tsv"
    results.parent.mkdir(parents=True, exist_ok=True)
    done = len(results.read_text().splitlines()) if results.exists() else 0
    end = time.time() + options.budget
    with tempfile.TemporaryDirectory(prefix="hotloop-study-") as folder:
        os.chdir(folder)
        learned = []
        while done < options.runs and time.time() < end:
            run = f"run{len(learned)}.hotloop" if len(learned) < 3 else "now.hotloop"
            began = time.time()
            code = record(options, run)
            times = durations(options, run) if code == 0 else []
            if code != 0 or len(times) < 3:
                verdict = -2
            elif len(learned) < 3:
                learned.append(run)
                verdict = -1
                if len(learned) == 3:
                    subprocess.run([options.hotloop, "baseline", "save", "-q", "study", *learned], check=True,
                                   stdout=subprocess.DEVNULL)
            else:
                verdict = subprocess.run([options.hotloop, "check", run, "--baseline", "study"],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
            load = os.getloadavg()[0]
            with results.open("a") as out:
                out.write(f"{began:.1f}\t{load:.2f}\t{verdict}\t{' '.join(times)}\n")
            done += 1


if __name__ == "__main__":
    main()
