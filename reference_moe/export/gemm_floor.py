#!/usr/bin/env python3
"""How fast this CPU multiplies, as JSON: one large product (1024 x 2048 x 2048) in bf16 and fp32, in GFLOP/s, median
and 10th and 90th percentile of 25, after 5 that are not counted.

    gemm_floor.py [--threads N]

The products of a layer cannot take less time than their operations at this rate: the floor beside which
docs/guide_measured.md puts the two-core figures.
"""

import argparse
import json
import time

import torch

ROWS, SUMMED, COLUMNS = 1024, 2048, 2048


def rate(dtype):
    a, b = torch.randn(ROWS, SUMMED, dtype=dtype), torch.randn(SUMMED, COLUMNS, dtype=dtype)
    out = torch.empty(ROWS, COLUMNS, dtype=dtype)
    rates = []
    for i in range(30):
        began = time.perf_counter()
        torch.mm(a, b, out=out)
        if i >= 5:
            rates.append(2e-9 * ROWS * SUMMED * COLUMNS / (time.perf_counter() - began))
    rates.sort()
    at = lambda share: round(rates[int(share * (len(rates) - 1) + 0.5)], 1)
    return {"p10": at(0.1), "median": at(0.5), "p90": at(0.9)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(json.dumps({"schema": "hotloop.gemm_floor/1", "torch": torch.__version__, "threads": options.threads,
                      "gflops": {"bf16": rate(torch.bfloat16), "fp32": rate(torch.float32)}}, indent=1))


if __name__ == "__main__":
    main()
