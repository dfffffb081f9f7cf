#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/trace/trace_sink.h"

namespace hotloop {

// How the clock of one rank's file becomes that of the first one: time + shift.
struct RankClock {
  std::string path;
  std::int32_t rank = -1; // as the file tells, else its place in the list
  Nanoseconds shift;      // wall clocks and collectives together
  bool aligned = false;   // by collectives; the first one always is
  std::int64_t collectives = 0;
  Nanoseconds spread; // of the ends of collectives after the shift: median distance from it
};

// Reads the collectives (NCCL and RCCL kernels) of each file and compares their ends, which come
// together on all ranks that took part. A rank whose collectives are others, or scatter by more
// than a millisecond, keeps its wall clock and counts as not aligned. Errors: those of
// importTrace().
Result<std::vector<RankClock>> alignRanks(const std::vector<std::string> &paths);

} // namespace hotloop
