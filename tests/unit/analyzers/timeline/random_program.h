#pragma once

#include <vector>

#include "tests/support/random.h"
#include "tests/unit/analyzers/timeline/machine.h"

namespace hotloop::test_support {

// What a random program may do beside launching work on one stream.
struct ProgramTraits {
  std::uint16_t devices = 1;
  std::uint16_t streamsPerDevice = 1;
  bool waits = true;        // of the host: for devices, streams and events
  bool streamWaits = false; // of streams for events
  bool autograd = false;    // a second thread that takes turns with the first
  bool loader = false;      // a third one beside them, with a stream of its own
  bool pageable = false;
  bool frees = false;
  bool graphs = false;
  bool collectives = false; // over all devices
};

struct RandomProgram {
  Machine machine;
  std::vector<MachineStep> steps; // the first one is warm-up
};
// The steps do the same things in the same order; their times differ.
RandomProgram randomProgram(Random &random, const ProgramTraits &traits, std::size_t steps = 7);

// A program of one kind of difficulty per number, from 0 to kTraitSets - 1; the last ones mix them.
inline constexpr std::uint64_t kTraitSets = 12;
ProgramTraits traitsOf(std::uint64_t number);

} // namespace hotloop::test_support
