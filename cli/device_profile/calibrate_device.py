"""Measures what a machine with a GPU costs, and prints it as JSON: the helper of hotloop calibrate-device."""
import ctypes
import json
import sys
import time

try:
    import torch
except ImportError:
    sys.exit("PyTorch is not in this Python: name another with --python")
if not torch.cuda.is_available():
    sys.exit("PyTorch sees no GPU here: run it on the machine that is to be profiled")


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def on_device(work, repeats, rounds=7):
    """Milliseconds of one call of `work` on the device, median of the rounds."""
    start, end = torch.cuda.Event(True), torch.cuda.Event(True)
    work()
    torch.cuda.synchronize()
    times = []
    for _ in range(rounds):
        start.record()
        for _ in range(repeats):
            work()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) / repeats)
    return median(times)


def runtime_library():
    """The CUDA runtime that PyTorch has loaded."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            path = line.split(maxsplit=5)[-1].strip()
            if "/libcudart" in path:
                return ctypes.CDLL(path)
    return None


def launch_call():
    """ns of host time of one launch, the queue never full: the runtime's own call, no operator around it."""
    runtime = runtime_library()
    if runtime is None:
        return 0
    tensor = torch.zeros(64, device="cuda", dtype=torch.uint8)
    arguments = (ctypes.c_void_p(tensor.data_ptr()), 0, ctypes.c_size_t(64), ctypes.c_void_p(0))

    def each(call, *words):
        times = []
        for _ in range(40):
            torch.cuda.synchronize()
            begin = time.perf_counter_ns()
            for _ in range(200):
                call(*words)
            times.append((time.perf_counter_ns() - begin) / 200)
        return min(times)

    # What Python takes to call into a library goes off.
    return max(0, each(runtime.cudaMemsetAsync, *arguments) - each(runtime.cudaGetLastError))


def launch_latency():
    """ns from a launch to the end of an empty queue's kernel, as a host sees it."""
    tensor = torch.zeros(1, device="cuda")
    times = []
    for _ in range(200):
        torch.cuda.synchronize()
        begin = time.perf_counter_ns()
        tensor.zero_()
        torch.cuda.synchronize()
        times.append(time.perf_counter_ns() - begin)
    return median(times)


def copy_curve(pinned):
    rows = []
    for size in (1 << 12, 1 << 16, 1 << 20, 1 << 24, 1 << 27):
        host = torch.empty(size, dtype=torch.uint8, pin_memory=pinned)
        device = torch.empty(size, dtype=torch.uint8, device="cuda")
        ms = on_device(lambda: device.copy_(host, non_blocking=pinned), 5)
        rows.append([size, ms * 1e6])
    return rows


def device_copy():
    size = 1 << 28
    source = torch.empty(size, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    return 2 * size / (on_device(lambda: target.copy_(source), 5) * 1e6)


def gemm_curve(dtype, tf32=False):
    torch.backends.cuda.matmul.allow_tf32 = tf32
    rows = []
    for n in (512, 1024, 2048, 4096, 8192):
        a = torch.randn(n, n, device="cuda", dtype=dtype)
        b = torch.randn(n, n, device="cuda", dtype=dtype)
        ms = on_device(lambda: torch.mm(a, b), 5 if n > 2048 else 20, 5)
        rows.append([n, 2.0 * n ** 3 / (ms * 1e9)])
    torch.backends.cuda.matmul.allow_tf32 = False
    return rows


def main():
    gemms = {"fp32": gemm_curve(torch.float32), "tf32": gemm_curve(torch.float32, True),
             "bf16": gemm_curve(torch.bfloat16)}
    pinned, pageable = copy_curve(True), copy_curve(False)
    best = lambda rows: max(size / ns for size, ns in rows)
    json.dump({
        "schema": "hotloop.device_profile/1",
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "launch_call_ns": launch_call(),
        "launch_latency_ns": launch_latency(),
        "pinned_gb_per_s": best(pinned),
        "pageable_gb_per_s": best(pageable),
        "device_gb_per_s": device_copy(),
        "fp32_tflops": max(rate for _, rate in gemms["fp32"]),
        "tf32_tflops": max(rate for _, rate in gemms["tf32"]),
        "bf16_tflops": max(rate for _, rate in gemms["bf16"]),
        "pinned_copy_ns": pinned,
        "pageable_copy_ns": pageable,
        "gemm_tflops": gemms,
    }, sys.stdout, indent=2)
    print()


main()
