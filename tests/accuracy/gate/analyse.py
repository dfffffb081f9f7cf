#!/usr/bin/env python3
"""False alarms and power of the time rule of `hotloop ab`, by resampling recorded runs.

    analyse.py [RESULTS]   writes one JSON document, which is results/summary.json, to standard output

The same rule as analyzers/gate/paired.cpp, written again from docs/cli/ab.md so that the two check each other. Runs are
taken in the order in which they were made: blocks of ten neighbouring pairs in ABBA order are drawn from one series
(block bootstrap, so that drift within a block stays), and the rule looks at 10, 20 and 30 pairs. A series is one
file: idle.tsv (idle.py), noisy.tsv, or quieter-0.tsv, quieter-1.tsv, ... of workers that had cores of their own. The floor comes from the first half
of the runs (of the series, where there are several), the rates from the rest. The effect is multiplied into the
steps of the candidate. live_<state>.jsonl holds verdicts of the program itself.

    analyse.py --table [RESULTS]   prints results/summary.json as the table of docs/gate.md
"""

import itertools
import json
import math
import pathlib
import random
import re
import sys

LOOKS = (10, 20, 30)
ALPHA = 0.005
TRIALS = 4000
BLOCK = 10


def quantile(values, q):
    values = sorted(values)
    place = q * (len(values) - 1)
    below = int(place)
    part = place - below
    return values[below] * (1 - part) + values[min(below + 1, len(values) - 1)] * part


def body(steps):
    return math.sqrt(min(steps) * quantile(steps, 0.5))


_tails = {}


def signed_rank_p(x):
    n = len(x)
    if n not in _tails:
        most = n * (n + 1) // 2
        counts = [1] + [0] * most
        for rank in range(1, n + 1):
            for s in range(most, rank - 1, -1):
                counts[s] += counts[s - rank]
        _tails[n] = [t / 2**n for t in reversed(list(itertools.accumulate(reversed(counts))))]
    ranked = sorted(x, key=abs)
    return _tails[n][sum(rank for rank, value in enumerate(ranked, 1) if value > 0)]


def hodges_lehmann(x):
    return quantile([(x[i] + x[j]) / 2 for i in range(len(x)) for j in range(i, len(x))], 0.5)


def judge(x, effect):
    delta, whole = math.log1p(effect / 2), math.log1p(effect)
    for look in LOOKS:
        part = x[:look]
        shift = hodges_lehmann(part)
        if shift > delta and signed_rank_p(part) < ALPHA:
            return "fail", look
        if shift < delta and signed_rank_p([whole - one for one in part]) < ALPHA:
            return "pass", look
    return "inconclusive", LOOKS[-1]


def pairs_from(series, count, rng, added=0.0):
    logs = rng.choice(series)
    x = []
    for _ in range(count // BLOCK):
        start = rng.randrange(len(logs) - 2 * BLOCK + 1)
        for pair in range(BLOCK):
            a, b = logs[start + 2 * pair], logs[start + 2 * pair + 1]
            x.append((b - a if pair % 2 == 0 else a - b) + math.log1p(added))
    return x


def rates(series, effect, added, rng):
    answers = {"fail": 0, "pass": 0, "inconclusive": 0}
    pairs = 0
    for _ in range(TRIALS):
        answer, used = judge(pairs_from(series, LOOKS[-1], rng, added), effect)
        answers[answer] += 1
        pairs += used
    return {**{key: value / TRIALS for key, value in answers.items()}, "mean_pairs": pairs / TRIALS}


def read(path):
    runs = []
    for line in open(path, encoding="utf-8"):
        began, load, verdict, steps = line.rstrip("\n").split("\t")
        runs.append((float(began), float(load), int(verdict), [int(step) for step in steps.split()]))
    return runs


def live(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    answer = {}
    for name, slower in (("unchanged", False), ("slower_by_twice_the_floor", True)):
        chosen = [line for line in lines if line["slower"] == slower]
        verdicts = [line["verdict"] for line in chosen]
        answer[name] = {verdict: verdicts.count(verdict) for verdict in ("pass", "regression", "inconclusive")}
        answer[name]["counters_failed"] = sum(line["counters_failed"] > 0 for line in chosen)
    return answer if lines else None


def summary(state, files, folder, rng):
    """The figures of one state; None where its runs are too few."""
    runs = [read(path) for path in files]
    every = [run for series in runs for run in series]
    judged = [verdict for _, _, verdict, _ in every if verdict >= 0]
    timed = [[math.log(body(steps)) for _, _, verdict, steps in series if verdict != -2] for series in runs]
    timed = [logs for logs in timed if len(logs) >= 2 * BLOCK]
    if not timed:
        return None
    if len(timed) > 1:
        learn, test = timed[:len(timed) // 2], timed[len(timed) // 2:]
    else:
        half = len(timed[0]) // 2
        learn, test = [timed[0][:half]], [timed[0][half:]]
    if min(map(len, learn + test)) < 2 * BLOCK:
        return None
    shifts = [abs(hodges_lehmann(pairs_from(learn, BLOCK, rng))) for _ in range(TRIALS)]
    floor = math.expm1(quantile(shifts, 0.99))
    spread = [abs(b - a) for logs in timed for a, b in zip(logs, logs[1:])]
    return {
        "runs": len(every),
        "series": len(runs),
        "failed_runs": sum(verdict == -2 for _, _, verdict, _ in every),
        "load": {"median": quantile([load for _, load, _, _ in every], 0.5),
                 "p90": quantile([load for _, load, _, _ in every], 0.9)},
        "counters": {"unchanged_runs_checked": len(judged), "false_alarms": sum(verdict != 0 for verdict in judged)},
        "pair_spread_median": math.expm1(quantile(spread, 0.5)),
        "floor_first_half": floor,
        "effect": 2 * floor,
        "second_half_unchanged": rates(test, 2 * floor, 0.0, rng),
        "second_half_with_effect": rates(test, 2 * floor, 2 * floor, rng),
        "at_5_percent": {"unchanged": rates(test, 0.05, 0.0, rng), "slower_5_percent": rates(test, 0.05, 0.05, rng)},
        "trials": TRIALS,
        "live": live(folder / f"live_{state}.jsonl"),
    }


def table(document):
    print("| state | runs, load average (median, p90) | counters: unchanged runs checked, false alarms | floor | at twice the floor: false alarms, "
          "caught, pairs | at 5 %: false alarms, caught, inconclusive | live: unchanged passed, slower ones caught |")
    print("| --- " * 7 + "|")
    for state, one in document.items():
        same, slow = one["second_half_unchanged"], one["second_half_with_effect"]
        five, slower = one["at_5_percent"]["unchanged"], one["at_5_percent"]["slower_5_percent"]
        made = one["live"]
        verdicts = "not measured"
        if made:
            counts = [sum(made[kind][v] for v in ("pass", "regression", "inconclusive")) for kind in made]
            verdicts = (f"{made['unchanged']['pass']} of {counts[0]}, "
                        f"{made['slower_by_twice_the_floor']['regression']} of {counts[1]}")
        print(f"| {state} | {one['runs']}; {one['load']['median']:.1f}, {one['load']['p90']:.1f} "
              f"| {one['counters']['unchanged_runs_checked']}, {one['counters']['false_alarms']} "
              f"| {100 * one['floor_first_half']:.3g} % "
              f"| {100 * same['fail']:.2f} %, {100 * slow['fail']:.2f} %, {slow['mean_pairs']:.1f} "
              f"| {100 * five['fail']:.2f} %, {100 * slower['fail']:.2f} %, {100 * slower['inconclusive']:.0f} % | {verdicts} |")


def main(arguments):
    if arguments and arguments[0] == "--table":
        folder = pathlib.Path(arguments[1]) if len(arguments) > 1 else pathlib.Path(__file__).parent / "results"
        return table(json.loads((folder / "summary.json").read_text()))
    folder = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).parent / "results"
    states = {}
    for path in sorted(folder.glob("*.tsv")):
        states.setdefault(re.sub(r"-\d+$", "", path.stem), []).append(path)
    document = {}
    for state, files in states.items():
        # A generator each: the figures of one state do not hang on which others there are.
        figures = summary(state, files, folder, random.Random(1))
        if figures is None:
            print(f"{state}: too few runs for figures, left out", file=sys.stderr)
        else:
            document[state] = figures
    if not document:
        sys.exit(f"{folder} holds no state with enough runs")
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
