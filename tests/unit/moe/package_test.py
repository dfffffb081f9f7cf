"""A package made ahead of time computes what the layer computes, and a wrong one is refused.

package_test.py HOTLOOP_MOE [--all]    --all: both of the modes that differ, both dispatches, both formats
"""

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
SIZES = "--tokens 32 --dim 16 --hidden 24 --experts 4 --top-k 2 --threads 1".split()


def package(out, *more):
    subprocess.run([sys.executable, ROOT / "reference_moe/export/package.py", *SIZES, *more, out], check=True,
                   capture_output=True, timeout=600)


def moe(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=300)


def validate(program, out, mode, dispatch, amp):
    configuration = f"mode=inference,dispatch={dispatch},amp={amp},fusion=inductor:{mode}"
    done = moe(program, "validate", *SIZES, "--package", out, "--expect", "0", "--memory-limit", "64", "--rounds", "2", "--steps", "1",
               "--configuration", configuration)
    assert done.returncode == 0, f"{configuration}: {done.stdout}{done.stderr}"


def refused(program, sentence, *arguments):
    done = moe(program, "run", "--steps", "2", "--mode", "inference", *arguments)
    assert done.returncode == 2, f"{arguments}: exit code {done.returncode}: {done.stderr}"
    assert sentence in done.stderr and done.stderr.count("\n") == 1, done.stderr


def main():
    program, everything = sys.argv[1], "--all" in sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        out = str(pathlib.Path(folder) / "layer.pt2")
        package(out, "--amp", "bf16")
        # Two modes of torch.compile share a package; on a CPU they are the same.
        for mode in ("default", "reduce-overhead"):
            validate(program, out, mode, "grouped", "bf16")
        fits = ["--dispatch", "grouped", "--amp", "bf16", "--fusion", "inductor", "--package", out]
        wide = [*SIZES]
        wide[wide.index("--experts") + 1] = "8"
        refused(program, "made for experts 4", *fits, *wide)
        refused(program, "made for amp bf16", *fits, *SIZES, "--amp", "off")
        refused(program, "made for mode default", *fits, *SIZES, "--fusion", "inductor:max-autotune")
        refused(program, "one number of tokens", *fits, *SIZES, "--token-cycle", "8")
        broken = pathlib.Path(folder) / "broken.pt2"
        broken.write_bytes(pathlib.Path(out).read_bytes()[:5000])
        refused(program, "cannot open it", *fits[:-1], str(broken), *SIZES)
        if everything:
            for mode, dispatch, amp in (("max-autotune", "grouped", "off"), ("default", "dense", "bf16"),
                                        ("max-autotune-no-cudagraphs", "dense", "off")):
                package(out, "--mode", mode, "--dispatch", dispatch, "--amp", amp)
                validate(program, out, mode, dispatch, amp)
    print("packages compute what the layer computes")


if __name__ == "__main__":
    main()
