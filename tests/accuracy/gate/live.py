#!/usr/bin/env python3
"""Live verdicts of `hotloop ab` on hotloop-moe: calibrates, then compares the program with itself and with a
copy that --inject-delay slows by twice the calibrated floor.

    live.py --state noisy --verdicts 10 --hotloop build/dev/bin/hotloop --moe build/dev/bin/hotloop-moe

Makes --verdicts comparisons of each kind, turn by turn, and appends one JSON line each to
results/live_<state>.jsonl; called again it goes on where it stopped. --share 2/6 makes every sixth of them, from the
third on, for several at once on cores of their own.
"""

import json
import os
import pathlib
import shlex
import subprocess
import tempfile
import time

import study


def main():
    parser = study.parser(__doc__)
    parser.add_argument("--verdicts", type=int, default=10)
    parser.add_argument("--share", default="0/1")
    options = study.absolute(parser.parse_args())
    part, parts = map(int, options.share.split("/"))
    results = pathlib.Path(options.results) / f"live_{options.state}.jsonl"
    done = {json.loads(line)["trial"] for line in results.read_text().splitlines()} if results.exists() else set()
    trials = [i for i in range(2 * options.verdicts) if i % parts == part and i not in done]
    end = time.time() + options.budget
    with tempfile.TemporaryDirectory(prefix="hotloop-live-") as folder:
        os.chdir(folder)
        os.environ["XDG_CACHE_HOME"] = folder
        program = [options.moe, *study.PROGRAM]
        calibration = json.loads(subprocess.run([options.hotloop, "calibrate", "-q", "-n", "20", "--json", "--", *program],
                                                check=True, capture_output=True, text=True).stdout)
        bodies = []
        for _ in range(5):
            study.record(options, "base.hotloop")
            steps = sorted(study.durations(options, "base.hotloop"))
            bodies.append((steps[0] * steps[len(steps) // 2]) ** 0.5)
        effect = max(0.03, 2 * calibration["floor"])
        delay = effect * sorted(bodies)[2] / 1e3
        for trial in trials:
            # One at least: a short budget that only calibrates would never come to an end.
            if time.time() > end and trial != trials[0]:
                break
            slower = trial % 2 == 1
            candidate = program + (["--inject-delay", f"host:router={delay:.1f}"] if slower else [])
            began = time.time()
            asked = subprocess.run(
                [options.hotloop, "ab", "-q", "--base", shlex.join(program), "--cand", shlex.join(candidate), "--effect",
                 f"{100 * effect:.2f}%", "--tail-effect", "100%", "--json"], capture_output=True, text=True)
            answer = json.loads(asked.stdout)
            body = answer["times"][0] if answer["times"] else {}
            line = {"trial": trial, "part": part, "slower": slower, "floor": calibration["floor"], "effect": effect,
                    "delay_us": round(delay, 1) if slower else 0, "exit": asked.returncode,
                    "reason": answer["exit"]["reason"], "verdict": body.get("verdict"),
                    **{key: body.get(key) for key in ("base_ms", "now_ms", "change", "low", "high", "p", "pairs")},
                    "counters_failed": sum(row["status"] == "fail" and row["level"] != "time" for row in answer["rows"]),
                    "seconds": round(time.time() - began, 1), "load": round(os.getloadavg()[0], 2)}
            with results.open("a") as out:
                out.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
