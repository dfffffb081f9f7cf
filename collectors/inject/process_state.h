#pragma once

#include <atomic>
#include <climits>
#include <cstdint>

#include "collectors/inject/producer.h"
#include "core/ring/region_writer.h"

// What libhotloop.so knows about the process that it sits in. Constant-initialised: events may come
// before and after the library's own constructors and destructors.
namespace hotloop::inject {

// Environment between `hotloop record` and the library.
inline constexpr const char *kLiveVariable = "HOTLOOP_LIVE";       // live folder, absolute
inline constexpr const char *kOptionsVariable = "HOTLOOP_OPTIONS"; // words of kNo..., by commas
inline constexpr const char *kTorchAttachmentVariable =
    "HOTLOOP_TORCH_ATTACH";                                                   // tests, see Options
inline constexpr const char *kTorchVersionVariable = "HOTLOOP_TORCH_VERSION"; // tests
inline constexpr const char *kCuptiPathVariable = "HOTLOOP_CUPTI_PATH";       // the user's choice
inline constexpr const char *kCuptiHintVariable = "HOTLOOP_CUPTI_HINT"; // what the recorder found
inline constexpr const char *kRawVariable = "HOTLOOP_CUPTI_RAW";        // folder for raw buffers
inline constexpr const char *kRangeVariable = "HOTLOOP_RANGE"; // NVTX range that is the window
inline constexpr const char *kNoCuda = "no-cuda";
inline constexpr const char *kDetailGraph = "detail-graph";
inline constexpr const char *kDetailAll = "detail-all";
inline constexpr const char *kLaunchStacks = "launch-stacks";
inline constexpr const char *kNoOperators = "no-operators";
inline constexpr const char *kNoNvtx = "no-nvtx";
inline constexpr const char *kNoPython = "no-python";
inline constexpr const char *kNoStacks = "no-stacks";

enum class RegionState : std::uint32_t { kNone, kMaking, kReady, kFailed };

struct ProcessState {
  Options options;
  ring::ClockKind clock = ring::ClockKind::kMonotonic;
  char liveFolder[PATH_MAX] = {};
  char cuptiPath[PATH_MAX] = {}, cuptiHint[PATH_MAX] = {}, rawFolder[PATH_MAX] = {};
  std::int32_t rank = -1;

  std::uint32_t pid = 0;
  bool forked = false;             // without exec
  bool nativeStacksAllowed = true; // false in a child forked from among several threads
  std::atomic<RegionState> regionState{RegionState::kNone};
  ring::RegionWriter region;
  std::atomic<std::uint64_t> nextHandle{1};
};
extern ProcessState processState;

// Reads the environment and installs the fork handler. Called by the constructor, once.
void startProcess() noexcept;
// Marks the region as left in good order.
void finishProcess() noexcept;
// The region, made at the first call in this process; null when there is none.
ring::RegionWriter *region() noexcept;
// The region if there is one already.
inline ring::RegionWriter *existingRegion() noexcept {
  return processState.regionState.load(std::memory_order_acquire) == RegionState::kReady
             ? &processState.region
             : nullptr;
}
// True once per change: the process is a fork's child that no fork handler told about it.
bool adoptSilentFork() noexcept;

} // namespace hotloop::inject
