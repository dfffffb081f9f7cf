#!/usr/bin/env python3
"""Reads one made trace with hotloop, with bare simdjson and with HTA from PyPI, in one run.

  import_bench.py BUILD [--megabytes N] [--rounds N]
Prints the lines of bench_import, then HTA's rate and how many times faster hotloop reads.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PARSE = """
import sys, time, warnings
warnings.filterwarnings("ignore")
from hta.common.trace_parser import parse_trace_dataframe
from hta.configs.parser_config import ParserConfig
begin = time.process_time()
parse_trace_dataframe(sys.argv[1], ParserConfig.get_default_cfg())
print(time.process_time() - begin)
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--megabytes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "made.json")
        lines = subprocess.run([options.build / "bench" / "bench_import", "--megabytes", str(options.megabytes),
                                "--rounds", str(options.rounds), "--keep", trace],
                               check=True, capture_output=True, text=True).stdout
        print(lines, end="")
        size = os.path.getsize(trace) / 1e6
        seconds = []
        for _ in range(options.rounds):
            out = subprocess.run([sys.executable, "-c", PARSE, trace], capture_output=True, text=True)
            if out.returncode != 0:
                sys.exit("HTA failed: " + out.stderr[-800:])
            seconds.append(float(out.stdout.split()[-1]))
        rates = sorted(size / s for s in seconds)
        middle = rates[len(rates) // 2]
        ours = float(re.search(r"kineto to a run file: ([\d.]+)", lines).group(1))
        print(f"bench HTA parse: {middle:.1f} ({rates[0]:.1f} to {rates[-1]:.1f}) MB/s; "
              f"hotloop reads {ours / middle:.1f} times as fast")


if __name__ == "__main__":
    main()
