#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/ids.h"

namespace hotloop {

// Host time that goes away on a thread (index in Timeline::threads), ns of the run's clock. An
// anchor more than half inside goes with its device work.
struct HostCut {
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::uint16_t thread = 0;
};

// A loop that ran `turns` times around on a thread, ns of the run's clock.
struct HostLoop {
  ThreadId thread;
  std::int64_t start = 0;
  std::int64_t end = 0;
  double turns = 1;
};

// How far the measured gain may lie beyond the predicted one, by the nature of the fix.
enum class Bound : std::uint8_t { kNone, kLower, kUpper };
constexpr std::string_view boundName(Bound bound) { // empty for kNone
  return bound == Bound::kLower ? "lower" : bound == Bound::kUpper ? "upper" : "";
}

// A change of the program, in terms of a Timeline. Edits add up with combine(). All of it refers to
// the timeline that it was made from.
struct Edit {
  std::string name;
  std::vector<HostCut> cuts;
  std::vector<std::uint32_t> drop;                        // anchors that go, with their device work
  std::vector<std::uint32_t> unblock;                     // anchors that no longer wait
  std::vector<std::pair<std::uint32_t, double>> duration; // anchor -> host time of the call, ns
  std::vector<std::pair<std::uint32_t, double>> gap;      // anchor -> host time before it, ns
  std::vector<std::pair<std::uint32_t, double>> addedHost;    // anchor -> more host time before it
  std::vector<std::pair<std::uint32_t, double>> addedFixed;   // the same, in unprofiled time
  std::vector<std::pair<std::uint32_t, double>> workDuration; // work -> its time on the device, ns
  std::vector<std::pair<std::uint32_t, std::uint16_t>> workStream; // work -> another stream; the
                                                                   // count of streams: a new one
  std::vector<std::uint32_t> deferred; // syncs that wait at the end of their step instead
  std::vector<std::pair<std::uint32_t, std::uint32_t>> graphs; // anchors [first, last) -> one graph
  bool graphStep = false;                                      // the whole step is one graph launch
  bool sourceLines = false;                                    // takes lines of the program away
  bool knowsLines = false; // ... and whole, by their recorded places
  bool dense = false;      // takes away waits that come every few operators
  bool modelled = false;   // rests on a model of kernels that this run does not hold
  // Other plausible outcomes of the same change: they widen the interval.
  std::vector<Edit> alternatives;
  std::string note;    // what a reader should know about it: a sentence
  std::string whyNone; // not empty: the change cannot be predicted, and why

  bool empty() const;
};

// A change that cannot be predicted, and why.
Edit noEdit(std::string name, std::string why);
Edit combine(const std::vector<Edit> &edits);

} // namespace hotloop
