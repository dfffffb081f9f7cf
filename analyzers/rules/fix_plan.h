#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzers/timeline/edit.h"

namespace hotloop {

// What the fix of a finding would change in the recorded steps: what the replay is asked with
// (fix_edits.h).
enum class FixKind : std::uint8_t {
  kNone,           // no replay can tell: FixPlan::whyNone
  kRemoveSync,     // the waits go away, with the read-backs that they belong to
  kRemoveCalls,    // the calls go away, with what they cost the host and start on the device
  kAsyncCopy,      // copies from and to pinned memory, not waited for
  kMoveCopy,       // copies on a stream of their own
  kOverlapStreams, // streams no longer wait for each other
  kRemoveAlloc,    // memory calls go away, and the waits that they imply
  kGraph,          // the launches of the step become graph launches
  kKeepGraphs,     // graphs are built before the loop, with all that building them takes
  kDropRecompute,
  kRemoveOps,  // operators go away, with all that they call and start
  kFuseOps,    // each of `groups` becomes few launches that take `factor` of their device time
  kBatchLoops, // of each of `loops` one turn remains, which does the work of all
  kRetype,     // products of 32-bit numbers become products of 16-bit numbers
};

struct FixPlan {
  FixKind kind = FixKind::kNone;
  // Rows of trace->apis and trace->ops; where both are empty, those of the finding.
  std::vector<std::uint32_t> calls = {};
  std::vector<std::uint32_t> ops = {};
  std::vector<std::vector<std::uint32_t>> groups = {}; // rows of trace->ops, kFuseOps
  std::vector<HostLoop> loops = {};
  double factor = 1;
  bool modelled = false;    // rests on a model of kernels that the run does not hold
  std::string whyNone = {}; // a sentence
  // The time of what would stand there instead is not known, but not below zero: the step without
  // any of it bounds the gain.
  bool bounded = false;
};

} // namespace hotloop
