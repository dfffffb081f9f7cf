"""What the Python samples share: marked steps and the check of the result."""

import sys

import torch
from torch.cuda import nvtx

STEPS = 40


def steps(count=STEPS):
    """Yields 0 .. count-1, each inside of an NVTX range `step` (it works without a GPU)."""
    torch.set_num_threads(1)
    for step in range(count):
        nvtx.range_push("step")
        yield step
        nvtx.range_pop()


def values(seed, *shape):
    """Normal values, float32, the same for the same seed."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def finish(result, expected):
    """Prints the one line of a sample; exit code 1 when the result is not as expected."""
    result, expected = float(result), float(expected)
    right = abs(result - expected) <= 1e-4 * max(1.0, abs(expected))
    verdict = "as expected" if right else f"but expected {expected:.6g}"
    print(f"{sys.argv[0]}: {STEPS} steps, result {result:.6g}, {verdict}")
    sys.exit(0 if right else 1)
