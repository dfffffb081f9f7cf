"""What recording costs: interleaved rounds of the same work, bare, under CUPTI alone, under hotloop.

All workers live at once and take turns, so that what else happens on the machine meets all of them;
the work of one round follows that of another by milliseconds. A figure is the median over rounds
of (with - without), its interval a bootstrap over rounds.

    overhead.py BUNDLE OUT.json [--rounds N] [--program torch|launch] [--only NAME,...]
                [--targets NAME,...]
"""

import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LEAN = ["--no-operators", "--stacks", "off", "--no-python-frames", "--no-nvtx"]
# Name -> flags of `hotloop record`, or how else the program is run.
TORCH = {"plain": None, "bare": "bare", "lean": LEAN,
         "lean+places": ["--no-operators", "--no-nvtx", "--stacks", "off"],
         "lean+stacks": ["--no-operators", "--no-nvtx"],
         "operators": ["--no-cuda"],
         "default": [],
         "outside window": ["--window", "1000000:1000001"],
         "outside window, CUDA alone": [*LEAN, "--window", "1000000:1000001"],
         "plain again": None,
         "torch.profiler": "profile"}
LAUNCH = {"plain": None, "bare": "bare", "bare kernels": "bare kernels", "lean": LEAN, "default": [],
          "detail graph": ["--detail", "graph"],
          "outside window": ["--window", "1000000:1000001"],
          "plain again": None}
PROGRAMS = {
    "torch": (TORCH, {"loop": 25, "grouped": 60, "graph": 120, "gpu": 4}),
    "launch": (LAUNCH, {"launch": 4000, "spin": 400, "graph": 100}),
}


class Worker:
    def __init__(self, bundle, program, how, folder, number):
        command = ([sys.executable, str(HERE / "torch_worker.py")] if program == "torch"
                   else [str(bundle / "share/hotloop/gpu_check/hotloop-launch-loop")])
        environment = dict(os.environ)
        self.profile = " profile" if how == "profile" else ""
        if isinstance(how, str) and how.startswith("bare"):
            environment["CUDA_INJECTION64_PATH"] = str(
                bundle / "share/hotloop/gpu_check/libhotloop_bare.so")
            environment["HOTLOOP_BARE"] = how[5:]
        elif isinstance(how, list):
            run = os.path.join(folder, f"{number}.hotloop")
            command = [str(bundle / "bin/hotloop"), "record", "-q", "-f", "-o", run, *how, "--",
                       *command]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=environment)

    def ready(self):
        line = self.process.stdout.readline().strip()
        if line != "ready":
            raise RuntimeError(f"a worker did not start: {line!r}, {self.process.args}")

    def run(self, target, count):
        self.process.stdin.write(f"{target} {count}{self.profile}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline()) / count

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def interval(values, statistic=statistics.median, draws=1000):
    generator = random.Random(1)
    drawn = sorted(statistic(generator.choices(values, k=len(values))) for _ in range(draws))
    return drawn[int(draws * 0.025)], drawn[int(draws * 0.975)]


def ratio_interval(above, below, draws=1000):
    """Of median(above) / median(below), rounds drawn together."""
    generator = random.Random(1)
    drawn = []
    for _ in range(draws):
        rounds = generator.choices(range(len(above)), k=len(above))
        base = statistics.median(below[i] for i in rounds)
        if base > 0:
            drawn.append(statistics.median(above[i] for i in rounds) / base)
    drawn.sort()
    if not drawn:
        return None
    return drawn[int(len(drawn) * 0.025)], drawn[int(len(drawn) * 0.975)]


def summary(samples):
    plain = samples["plain"]
    added = {name: [a - b for a, b in zip(values, plain)]
             for name, values in samples.items() if name != "plain"}
    rows = {"plain": {"median_s": statistics.median(plain), "interval_s": interval(plain)}}
    for name, values in added.items():
        row = {"median_s": statistics.median(samples[name]),
               "added_s": statistics.median(values), "added_interval_s": interval(values),
               "added_share": statistics.median(values) / statistics.median(plain)}
        if name != "bare" and "bare" in added:
            row["to_bare"] = statistics.median(values) / statistics.median(added["bare"])
            row["to_bare_interval"] = ratio_interval(values, added["bare"])
        if name != "torch.profiler" and "torch.profiler" in added:
            row["to_profiler"] = (statistics.median(values) /
                                  statistics.median(added["torch.profiler"]))
            row["time_to_profiler"] = (statistics.median(samples[name]) /
                                       statistics.median(samples["torch.profiler"]))
        rows[name] = row
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--program", choices=PROGRAMS, default="torch")
    parser.add_argument("--only", help="names of configurations, by commas")
    parser.add_argument("--targets", help="names of loads, by commas")
    options = parser.parse_args()
    configurations, targets = PROGRAMS[options.program]
    if options.targets:
        targets = {name: targets[name] for name in options.targets.split(",")}
    if options.only:
        configurations = {name: configurations[name] for name in options.only.split(",")}
    result = {"program": options.program, "rounds": options.rounds, "targets": {}}
    with tempfile.TemporaryDirectory() as folder:
        workers = {name: Worker(options.bundle.resolve(), options.program, how, folder, number)
                   for number, (name, how) in enumerate(configurations.items())}
        for worker in workers.values():
            worker.ready()
        for target, count in targets.items():
            samples = {name: [] for name in workers}
            for round_number in range(options.rounds + 2):
                order = list(workers)
                random.Random(round_number).shuffle(order)
                for name in order:
                    seconds = workers[name].run(target, count)
                    if round_number >= 2:
                        samples[name].append(seconds)
            result["targets"][target] = {"count": count, "rows": summary(samples),
                                         "samples": samples}
        for worker in workers.values():
            worker.end()
    options.out.write_text(json.dumps(result, indent=1))
    for target, found in result["targets"].items():
        for name, row in found["rows"].items():
            extra = "" if name == "plain" else (
                f" added {row['added_s'] * 1e6:9.2f} us ({row['added_share'] * 100:6.1f} %)"
                + (f" to bare {row['to_bare']:5.2f}" if "to_bare" in row else ""))
            print(f"{options.program:6} {target:8} {name:15} {row['median_s'] * 1e6:10.2f} us{extra}")


if __name__ == "__main__":
    main()
