#include "core/trace/trace_builder.h"

#include <string>

namespace hotloop {

void TraceBuilder::setMeta(std::string_view key, std::string_view value) {
  data_.meta.insert_or_assign(std::string(key), std::string(value));
}

Result<TraceView> TraceBuilder::build(NormaliseCounts *counts) {
  TraceData data = take();
  HOTLOOP_ASSIGN(const NormaliseCounts mended, normalise(data));
  if (counts != nullptr) *counts = mended;
  mergeQuality(data);
  return TraceView(std::move(data));
}

} // namespace hotloop
