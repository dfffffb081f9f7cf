#!/usr/bin/env python3
"""Reads our exports with other people's programs; called by exported_programs_test.

  read_exports.py hta FOLDER           HolisticTraceAnalysis loads the Kineto traces of the folder
  read_exports.py perfetto FILE        the generated classes of PyPI's perfetto decode the trace
Prints figures as JSON.
"""

import json
import sys
from collections import Counter, defaultdict


def hta(folder):
    import pathlib
    import warnings
    warnings.filterwarnings("ignore")
    from hta.common.trace_parser import parse_trace_dataframe
    from hta.configs.parser_config import ParserConfig
    from hta.trace_analysis import TraceAnalysis
    # All events, as its parser sees them; the analysis leaves the last step out.
    path = str(next(pathlib.Path(folder).iterdir()))
    _, frame, table = parse_trace_dataframe(path, ParserConfig.get_default_cfg())
    symbols = table.get_sym_table()
    categories = Counter(symbols[int(category)] for category in frame["cat"])
    analyzer = TraceAnalysis(trace_dir=folder)
    breakdown = analyzer.get_temporal_breakdown(visualize=False)
    kernels = analyzer.get_gpu_kernel_breakdown(visualize=False)[1]
    return {"categories": dict(categories), "busy_us": float(breakdown["compute_time(us)"].iloc[0]),
            "kernel_names": len(kernels)}


def perfetto(path):
    from perfetto.protos.perfetto.trace.perfetto_trace_pb2 import Trace, TrackEvent
    trace = Trace()
    with open(path, "rb") as file:
        trace.ParseFromString(file.read())
    names, categories, depth, last = {}, {}, defaultdict(int), defaultdict(int)
    counts, tracks, flows, processes, threads = Counter(), {}, defaultdict(set), 0, 0
    durations, open_slices = Counter(), defaultdict(list)
    for packet in trace.packet:
        for entry in packet.interned_data.event_names:
            names[entry.iid] = entry.name
        for entry in packet.interned_data.event_categories:
            categories[entry.iid] = entry.name
        if packet.HasField("track_descriptor"):
            tracks[packet.track_descriptor.uuid] = packet.track_descriptor
            processes += packet.track_descriptor.HasField("process")
            threads += packet.track_descriptor.HasField("thread")
        if not packet.HasField("track_event"):
            continue
        event = packet.track_event
        assert event.track_uuid in tracks, "an event before its track"
        assert packet.timestamp >= last[event.track_uuid], "a track runs backwards"
        last[event.track_uuid] = packet.timestamp
        if event.type == TrackEvent.TYPE_SLICE_BEGIN:
            category = categories[event.category_iids[0]]
            assert names[event.name_iid] is not None
            counts[category] += 1
            depth[event.track_uuid] += 1
            open_slices[event.track_uuid].append((packet.timestamp, category))
            for flow in event.flow_ids:
                flows[flow].add(category)
        elif event.type == TrackEvent.TYPE_SLICE_END:
            depth[event.track_uuid] -= 1
            assert depth[event.track_uuid] >= 0, "an end without a begin"
            begin, category = open_slices[event.track_uuid].pop()
            durations[category] += packet.timestamp - begin
        elif event.type == TrackEvent.TYPE_COUNTER:
            counts["counter"] += 1
        else:
            counts["instant"] += 1
    assert not any(depth.values()), "a slice was never ended"
    arrows = sum(1 for ends in flows.values() if "kernel" in ends and any("cuda" in e for e in ends))
    return {"counts": dict(counts), "durations": dict(durations), "processes": processes, "threads": threads,
            "arrows": arrows}


if __name__ == "__main__":
    print(json.dumps({"hta": hta, "perfetto": perfetto}[sys.argv[1]](sys.argv[2])))
