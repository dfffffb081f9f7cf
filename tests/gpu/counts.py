"""Compares what hotloop recorded with what torch.profiler saw of the same program.

    counts.py RUN.hotloop PROFILER.json

PROFILER.json is what `torch_worker.py counts` prints. Counts per kernel name must be equal, copies
and fills in sum. Prints each difference; exit code 1 when there is any.
"""

import collections
import ctypes
import json
import sqlite3
import sys

DEMANGLE = ctypes.CDLL("libstdc++.so.6").__cxa_demangle
DEMANGLE.restype = ctypes.c_void_p
FREE = ctypes.CDLL(None).free
FREE.argtypes = [ctypes.c_void_p]


def demangled(name):
    status = ctypes.c_int()
    text = DEMANGLE(name.encode(), None, None, ctypes.byref(status))
    if not text:
        return name
    result = ctypes.string_at(text).decode()
    FREE(text)
    return result


def recorded(path):
    """Kernels by name, copies and fills, of the steps and what follows them."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    first = connection.execute(
        "SELECT min(r.start) FROM range r JOIN string s ON s.id = r.name WHERE s.text = 'step'"
    ).fetchone()[0] or 0
    kernels = collections.Counter()
    for name, count in connection.execute(
            "SELECT s.text, count(*) FROM kernel k JOIN string s ON s.id = k.name "
            "WHERE k.start >= ? GROUP BY s.text", (first,)):
        kernels[demangled(name)] += count
    copies = connection.execute("SELECT count(*) FROM memcpy WHERE start >= ?", (first,)).fetchone()[0]
    fills = connection.execute("SELECT count(*) FROM memset WHERE start >= ?", (first,)).fetchone()[0]
    return kernels, copies, fills


def main():
    kernels, copies, fills = recorded(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as file:
        profiler = collections.Counter(json.load(file))
    # Copies and fills of a graph that was made before the profiler came show as kernels of the driver.
    as_copy, as_fill = ("Memcpy", "memcpy32", "memcpy64", "memcpy128"), ("Memset", "memset32", "memset64")
    seen_copies = sum(n for name, n in profiler.items() if name.startswith(as_copy))
    seen_fills = sum(n for name, n in profiler.items() if name.startswith(as_fill))
    seen = collections.Counter({name: n for name, n in profiler.items()
                                if not name.startswith(as_copy + as_fill)})
    different = []
    for name in sorted(set(kernels) | set(seen)):
        if kernels[name] != seen[name]:
            different.append(f"{kernels[name]} recorded, {seen[name]} seen by torch.profiler: {name}")
    if copies != seen_copies:
        different.append(f"{copies} copies recorded, {seen_copies} seen by torch.profiler")
    if fills != seen_fills:
        different.append(f"{fills} fills recorded, {seen_fills} seen by torch.profiler")
    print(f"{sum(kernels.values())} kernels of {len(kernels)} names, {copies} copies, {fills} fills; "
          f"{len(different)} differences")
    print("\n".join(different[:20]))
    return 1 if different else 0


sys.exit(main())
