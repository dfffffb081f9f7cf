#!/usr/bin/env python3
"""Counts what a trace holds, slowly and with nothing of hotloop, for the golden texts of the importers.

  slow_counts.py TRACES            prints the text of every readable trace below that folder
  slow_counts.py TRACES -o FILE    writes it there (tests/golden/import/traces.txt)

Per trace: rows by kind, per stream of a device the number of pieces of work and the time during which
any of them ran, and per step mark of torch.profiler the launches and waits begun in it.
"""

import argparse
import gzip
import io
import json
import pathlib
import pickle
import sqlite3
import tarfile
import tempfile
from collections import Counter, defaultdict
from decimal import Decimal

LAUNCH = ("cudaLaunch", "cuLaunchKernel", "cuLaunchCooperative", "cudaMemcpy", "cudaMemset", "cuMemcpy", "cuMemset",
          "cudaGraphLaunch", "cuGraphLaunch")
WAIT = ("cudaEventSynchronize", "cudaStreamSynchronize", "cudaDeviceSynchronize", "cuEventSynchronize",
        "cuStreamSynchronize", "cuCtxSynchronize", "hipEventSynchronize", "hipStreamSynchronize",
        "hipDeviceSynchronize")
CATEGORY = {"cpu_op": "op", "operator": "op", "user_annotation": "scope", "python_function": "python",
            "cuda_runtime": "api", "runtime": "api", "cuda_driver": "api", "kernel": "kernel", "gpu_memcpy": "memcpy",
            "memcpy": "memcpy", "gpu_memset": "memset", "memset": "memset", "cuda_sync": "sync",
            "overhead": "overhead"}


def ns(microseconds):
    return int((Decimal(microseconds) * 1000).to_integral_value(rounding="ROUND_HALF_UP"))


def number(value, default=0):
    if isinstance(value, str):
        digits = "".join(c for c in value if c.isdigit() or c == "-")
        return int(digits) if digits else default
    return default if value is None else int(value)


def busy(intervals):
    total, end = 0, None
    for begin, finish in sorted(intervals):
        if end is None or begin > end:
            total += finish - begin
            end = finish
        elif finish > end:
            total += finish - end
            end = finish
    return total


class Text:
    def __init__(self, name):
        self.lines = ["== " + name]

    def counts(self, counts):
        for kind in sorted(counts):
            if counts[kind]:
                self.lines.append(f"{kind} {counts[kind]}")

    def streams(self, work):
        for stream in sorted(work):
            self.lines.append("stream " + "/".join(map(str, stream)) +
                              f": {len(work[stream])} pieces of work, busy {busy(work[stream])} ns")

    def __str__(self):
        return "\n".join(self.lines) + "\n"


def kineto(name, data):
    trace = json.loads(data, parse_float=Decimal)
    counts, work = Counter(), defaultdict(list)
    calls, waits, recorded, event_records, steps = [], [], set(), set(), []
    for event in trace if isinstance(trace, list) else trace["traceEvents"]:
        args = event.get("args") or {}
        if event.get("ph") in ("i", "I") and event.get("name") == "[memory]":
            counts["allocation"] += 1
        if event.get("ph") != "X":
            continue
        kind = CATEGORY.get((event.get("cat") or "").lower())
        title = str(event.get("name", ""))
        if kind is None:
            continue
        begin = ns(event["ts"])
        end = begin + max(ns(event.get("dur", 0)), 0)
        process = number(event.get("pid"))
        if kind == "op" and title.startswith("ProfilerStep#"):
            kind = "scope"
        counts[kind] += 1
        if kind == "scope" and title.startswith("ProfilerStep#"):
            steps.append((begin, end, title, process))
        if kind in ("kernel", "memcpy", "memset"):
            stream = (number(args.get("device", event.get("pid"))), number(args.get("context")),
                      number(args.get("stream", event.get("tid"))))
            work[stream].append((begin, end))
        elif kind == "api":
            calls.append((begin, title, process))
            if title.startswith(WAIT):
                waits.append(number(args.get("correlation")))
        elif kind == "sync":
            recorded.add(number(args.get("correlation")))
            if number(args.get("wait_on_cuda_event_record_corr_id")) > 0:
                event_records.add(args["wait_on_cuda_event_record_corr_id"])
    counts["sync"] += sum(1 for correlation in waits if correlation not in recorded)
    counts["event_record"] += len(event_records)
    text = Text(name)
    text.counts(counts)
    text.streams(work)
    for begin, end, title, process in sorted(steps):
        launches = sum(1 for call in calls
                       if begin <= call[0] < end and call[2] == process and call[1].startswith(LAUNCH))
        wait = sum(1 for call in calls
                   if begin <= call[0] < end and call[2] == process and call[1].startswith(WAIT))
        text.lines.append(f"step {title}: {launches} launches, {wait} waits")
    return str(text)


def nsys(name, data):
    with tempfile.NamedTemporaryFile(suffix=".sqlite") as file:
        file.write(data)
        file.flush()
        base = sqlite3.connect(file.name)
        tables = {row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

        def rows(table, columns, where=""):
            if table not in tables:
                return []
            have = {row[1] for row in base.execute(f'PRAGMA table_info("{table}")')}
            picked = ", ".join(c if c in have else "NULL" for c in columns)
            return base.execute(f"SELECT {picked} FROM {table} {where}").fetchall()

        texts = dict(rows("StringIds", ["id", "value"]))
        counts, work = Counter(), defaultdict(list)
        calls = rows("CUPTI_ACTIVITY_KIND_RUNTIME", ["globalTid", "correlationId", "nameId"])
        counts["api"] = len(calls)
        for kind, table in (("kernel", "KERNEL"), ("kernel", "GRAPH_TRACE"), ("memcpy", "MEMCPY"),
                            ("memset", "MEMSET")):
            for begin, end, device, context, stream, process in rows(
                    "CUPTI_ACTIVITY_KIND_" + table,
                    ["start", "end", "deviceId", "contextId", "streamId", "globalPid"]):
                counts[kind] += 1
                work[((process or 0) >> 24 & 0xffffff, device, context, stream)].append((begin, end))
        recorded = set()
        for process, correlation in rows("CUPTI_ACTIVITY_KIND_SYNCHRONIZATION", ["globalPid", "correlationId"]):
            counts["sync"] += 1
            recorded.add(((process or 0) >> 24 & 0xffffff, correlation))
        for thread, correlation, title in calls:
            if texts.get(title, "").startswith(WAIT) and (thread >> 24 & 0xffffff, correlation) not in recorded:
                counts["sync"] += 1
        counts["event_record"] = len(rows("CUPTI_ACTIVITY_KIND_CUDA_EVENT", ["eventId"]))
        counts["overhead"] = len(rows("CUPTI_ACTIVITY_KIND_OVERHEAD", ["start"]))
        counts["range"] = len(rows("NVTX_EVENTS", ["start"], "WHERE eventType IN (34, 59, 60)"))
        counts["allocation"] = len(rows("CUDA_GPU_MEMORY_USAGE_EVENTS", ["start"]))
        text = Text(name)
        text.counts(counts)
        text.streams(work)
        return str(text)


class PlainUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError(f"{module}.{name} in a memory snapshot")


def memory_snapshot(name, data):
    snapshot = PlainUnpickler(io.BytesIO(data)).load()
    kinds = {"alloc": 1, "free_completed": 2, "segment_alloc": 3, "segment_map": 3, "segment_free": 4,
             "segment_unmap": 4, "oom": 5}
    counts, allocated, total = Counter(), set(), 0
    for trace in snapshot["device_traces"]:
        for entry in trace:
            if entry["action"] not in kinds:
                continue
            counts["allocation"] += 1
            if entry["action"] == "alloc":
                allocated.add(entry["addr"])
                total += entry["size"]
    for segment in snapshot["segments"]:
        address = segment["address"]
        for block in segment["blocks"]:
            at = block.get("address", address)
            address = at + block["size"]
            if block["state"] == "active_allocated" and at not in allocated:
                counts["allocation"] += 1
                total += block["size"]
    counts["range"] = sum(1 for entry in snapshot.get("external_annotations", []) if entry["stage"] != "START")
    text = Text(name)
    text.counts(counts)
    text.lines.append(f"bytes allocated {total}")
    return str(text)


def texts(folder):
    for path in sorted(folder.rglob("*.gz")):
        name = str(path.relative_to(folder))
        if name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                for member in sorted(archive.getmembers(), key=lambda m: m.name):
                    if member.isfile():
                        yield kineto(name + ":" + member.name, archive.extractfile(member).read())
        elif name.endswith(".sqlite.gz"):
            yield nsys(name, gzip.open(path).read())
        elif name.endswith(".pickle.gz"):
            yield memory_snapshot(name, gzip.open(path).read())
        elif name.endswith(".json.gz"):
            yield kineto(name, gzip.open(path).read())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("traces", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path)
    options = parser.parse_args()
    text = "".join(texts(options.traces))
    if options.output:
        options.output.write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
