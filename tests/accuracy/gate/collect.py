#!/usr/bin/env python3
"""Records unchanged runs of hotloop-moe one after the other and keeps their steady step times and verdicts.

    collect.py --state noisy --runs 1000 --hotloop build/dev/bin/hotloop --moe build/dev/bin/hotloop-moe

Appends one line a run to results/<state>.tsv: time, load average, exit code of `hotloop check` against the
baseline of the first three runs (-1: these three, -2: the run failed), steady step times in ns. Stops at --runs
lines or after --budget seconds; called again it goes on where it stopped. Several at once, each on cores of its
own, are several machines: give each a part of the state, --state quieter-0, quieter-1, ...
"""

import os
import pathlib
import subprocess
import tempfile
import time

import study


def main():
    parser = study.parser(__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    options = study.absolute(parser.parse_args())
    results = pathlib.Path(options.results) / f"{options.state}.tsv"
    done = len(results.read_text().splitlines()) if results.exists() else 0
    end = time.time() + options.budget
    with tempfile.TemporaryDirectory(prefix="hotloop-study-") as folder:
        os.chdir(folder)
        learned = []
        while done < options.runs and time.time() < end:
            run = f"run{len(learned)}.hotloop" if len(learned) < 3 else "now.hotloop"
            began = time.time()
            code = study.record(options, run)
            times = study.durations(options, run) if code == 0 else []
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
                out.write(f"{began:.1f}\t{load:.2f}\t{verdict}\t{' '.join(map(str, times))}\n")
            done += 1


if __name__ == "__main__":
    main()
