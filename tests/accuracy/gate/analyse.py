#!/usr/bin/env python3
"""False alarms and power of the time rule of `hotloop ab`, by resampling recorded runs.

    analyse.py results/noisy.tsv [results/idle.tsv ...]   writes one JSON document to standard output

The same rule as analyzers/gate/paired.cpp, written again from docs/cli/ab.md so that the two check each other. Runs are
taken in the order in which they were made: a start is drawn, neighbours are paired in ABBA order, and the rule looks at
10, 20 and 30 pairs. The floor comes from the first half of the runs, the rates from the second. The effect is multiplied
into the steps of the candidate.
"""

import itertools
import json
import math
import random
import sys

LOOKS = (10, 20, 30)
ALPHA = 0.005
TRIALS = 1000


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


def pairs_from(logs, start, count, effect=0.0):
    x = []
    for pair in range(count):
        a, b = logs[start + 2 * pair], logs[start + 2 * pair + 1]
        x.append((b - a if pair % 2 == 0 else a - b) + math.log1p(effect))
    return x


def rates(logs, effect, added, rng):
    answers = {"fail": 0, "pass": 0, "inconclusive": 0}
    pairs = 0
    for _ in range(TRIALS):
        start = rng.randrange(len(logs) - 2 * LOOKS[-1] + 1)
        answer, used = judge(pairs_from(logs, start, LOOKS[-1], added), effect)
        answers[answer] += 1
        pairs += used
    return {**{key: value / TRIALS for key, value in answers.items()}, "mean_pairs": pairs / TRIALS}


def read(path):
    runs = []
    for line in open(path, encoding="utf-8"):
        began, load, verdict, steps = line.rstrip("\n").split("\t")
        runs.append((float(began), float(load), int(verdict), [int(step) for step in steps.split()]))
    return runs


def main(paths):
    rng = random.Random(1)
    document = {}
    for path in paths:
        runs = read(path)
        judged = [verdict for _, _, verdict, _ in runs if verdict >= 0]
        timed = [math.log(body(steps)) for _, _, verdict, steps in runs if verdict != -2]
        half = len(timed) // 2
        learn, test = timed[:half], timed[half:]
        if len(test) < 2 * LOOKS[-1] + 20:
            sys.exit(f"{path}: {len(timed)} runs are too few")
        shifts = [abs(hodges_lehmann(pairs_from(learn, rng.randrange(len(learn) - 20 + 1), 10))) for _ in range(TRIALS)]
        floor = math.expm1(quantile(shifts, 0.99))
        spread = [abs(b - a) for a, b in zip(timed, timed[1:])]
        document[path.rsplit("/", 1)[-1].removesuffix(".tsv")] = {
            "runs": len(runs),
            "failed_runs": sum(verdict == -2 for _, _, verdict, _ in runs),
            "load": {"median": quantile([load for _, load, _, _ in runs], 0.5),
                     "p90": quantile([load for _, load, _, _ in runs], 0.9)},
            "counters": {"unchanged_runs_checked": len(judged), "false_alarms": sum(verdict != 0 for verdict in judged)},
            "pair_spread_median": math.expm1(quantile(spread, 0.5)),
            "floor_first_half": floor,
            "effect": 2 * floor,
            "second_half_unchanged": rates(test, 2 * floor, 0.0, rng),
            "second_half_with_effect": rates(test, 2 * floor, 2 * floor, rng),
            "at_5_percent": {"unchanged": rates(test, 0.05, 0.0, rng), "slower_5_percent": rates(test, 0.05, 0.05, rng)},
            "trials": TRIALS,
        }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
