#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "analyzers/timeline/timeline.h"

namespace hotloop::timeline {

// What a CUDA (or HIP) call may be to the replay, by its name alone.
enum class ApiKind : std::uint8_t {
  kUnknown,      // not looked at yet
  kOther,        // queries and the like: part of the host time around them
  kWork,         // launches, copies, fills: an anchor where device work belongs to it
  kBlockingCopy, // cudaMemcpy and friends that return when the copy is done
  kGraphLaunch,
  kSyncDevice,
  kSyncStream,
  kSyncEvent,
  kFree,
  kAllocate,
  kEventRecord,
  kStreamWait,
};

ApiKind apiKind(std::string_view name);
inline bool isSync(ApiKind kind) {
  return kind == ApiKind::kSyncDevice || kind == ApiKind::kSyncStream ||
         kind == ApiKind::kSyncEvent;
}
// Communication between devices, by the name of a kernel.
bool isCollective(std::string_view kernelName);

// apiKind() of the names of a run, each looked at once.
class ApiKinds {
public:
  explicit ApiKinds(const TraceView &trace) : trace_(trace), known_(trace->strings.size()) {}
  ApiKind of(StringId name) {
    if (name.value >= known_.size()) return ApiKind::kOther;
    ApiKind &kind = known_[name.value];
    if (kind == ApiKind::kUnknown) kind = apiKind(trace_.text(name));
    return kind;
  }

private:
  const TraceView &trace_;
  std::vector<ApiKind> known_;
};

} // namespace hotloop::timeline
