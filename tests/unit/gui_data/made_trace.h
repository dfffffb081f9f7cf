#pragma once

#include <cstdint>
#include <vector>

#include "gui/data/trace/trace_builder.h"

namespace hotloop::gui::test {

struct MadeTraceOptions {
  std::uint64_t seed = 1;
  int lanes = 4;    // threads
  int slices = 500; // of each
  int names = 12;
  std::int64_t longest = 20'000;
  bool gaps = true; // long idle times and bursts
};

// Threads whose slices do not overlap, of mixed lengths.
Trace madeTrace(const MadeTraceOptions &options = {});

// One thread with exactly these slices: start, duration, name.
struct MadeSlice {
  std::int64_t start, duration;
  std::uint32_t name;
};
Trace traceOf(const std::vector<MadeSlice> &slices);

} // namespace hotloop::gui::test
