#!/usr/bin/env python3
"""Compiles the layer ahead of time (torch.export and AOTInductor) for `hotloop-moe --fusion inductor`.

    package.py --mode max-autotune --tokens 256 ... OUT.pt2
    hotloop-moe run --mode inference --dispatch grouped --amp bf16 --fusion inductor:max-autotune --package OUT.pt2

Of torch.compile's four modes an ahead-of-time package knows two: with and without autotuning. The other
half of a mode, CUDA graphs, is what hotloop-moe does when it replays the package: reduce-overhead is the
default package replayed, max-autotune the autotuned one replayed. So one package serves two modes, and on
a CPU, which has no graphs, the modes coincide in pairs.
"""

import argparse
import json
import pathlib
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import layer as reference  # noqa: E402


def metadata(args):
    version = ".".join(torch.__version__.split(".")[:2])
    autotune = args.mode.startswith("max-autotune")
    facts = {"torch": version, "device": args.device, "mode": "max-autotune" if autotune else "default",
             "dispatch": args.dispatch, "amp": args.amp, "activation": args.activation, "tokens": args.tokens,
             "dim": args.dim, "hidden": args.hidden, "experts": args.experts, "top_k": args.top_k}
    return {f"hotloop_{key}": str(value) for key, value in facts.items()}


def package(args):
    module = reference.Layer(args.dispatch, args.activation, args.top_k, reference.COMPUTE[args.amp],
                             packaged=True)
    inputs = reference.make_inputs(args)
    start = time.monotonic()
    with torch.no_grad():
        exported = torch.export.export(module, inputs)
        options = {"aot_inductor.metadata": metadata(args)}
        if args.mode.startswith("max-autotune"):
            options["max_autotune"] = True
        torch._inductor.aoti_compile_and_package(exported, package_path=str(args.out),
                                                 inductor_configs=options)
    return time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reference.add_sizes(parser)
    parser.add_argument("--mode", choices=reference.MODES, default="default")
    parser.add_argument("out", type=pathlib.Path, help="the package to write, NAME.pt2")
    args = parser.parse_args()
    reference.check_sizes(parser, args)
    if args.out.suffix != ".pt2":
        parser.error(f"{args.out}: a package's name ends in .pt2")
    seconds = package(args)
    print(json.dumps({"package": str(args.out), "seconds": round(seconds, 2),
                      "bytes": args.out.stat().st_size, **metadata(args)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
