#!/usr/bin/env python3
"""Latency of the gate on stored runs of a million events: check, diff, and a sweep report over 20 runs.

    gate_bench.py BUILD_FOLDER [--events 1000000] [--repeat 7]

Makes the runs, opens each once (that fills the cache of summaries), then times whole processes. Prints the median and
the range, beside `hotloop version` as the cost of starting the program at all.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    hotloop = str(build / "bin/hotloop")
    make_run = next(str(path) for path in build.rglob("hotloop-make-run") if path.is_file())
    with tempfile.TemporaryDirectory(prefix="hotloop-gate-bench-") as folder:
        os.chdir(folder)
        environment = dict(os.environ, XDG_CACHE_HOME=folder)

        def run(*words):
            return subprocess.run([hotloop, *words], env=environment, capture_output=True, text=True)

        runs = []
        for i in range(20):
            events = options.events if i < 2 else max(options.events // 10, 1000)
            subprocess.run([make_run, "-o", f"r{i}.hotloop", "--events", str(events), "--seed", str(i + 1), "--device"],
                           check=True, capture_output=True)
            runs.append(f"r{i}.hotloop")
        began = time.perf_counter()
        run("baseline", "save", "main", runs[0])
        first = time.perf_counter() - began
        run("sweep", *[word for name in runs for word in ("--from", name)])
        cases = {
            "version (start of the program)": ["version"],
            "check, stored baseline": ["check", runs[1]],
            "check, run against run": ["check", runs[1], "--baseline", runs[0]],
            "diff of two runs": ["diff", runs[0], runs[1]],
            "sweep report over 20 runs": ["sweep", *[word for name in runs for word in ("--from", name)]],
        }
        print(f"first open of {options.events} events: {first * 1e3:.0f} ms")
        for name, words in cases.items():
            times = []
            for _ in range(options.repeat):
                began = time.perf_counter()
                done = run(*words)
                times.append((time.perf_counter() - began) * 1e3)
                assert done.returncode in (0, 1, 3), done.stderr
            print(f"{name:<32} {statistics.median(times):8.1f} ms   [{min(times):.1f} .. {max(times):.1f}]")


if __name__ == "__main__":
    main()
