#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "collectors/import/kineto/lanes.h"
#include "core/trace/trace_sink.h"

namespace hotloop::kineto {

// What the members beside the events tell.
struct TraceHeader {
  std::int64_t schemaVersion = 0;
  std::int64_t baseNanoseconds = 0;
  std::int32_t rank = -1;
  std::int32_t worldSize = 0;
  std::map<std::string_view, std::string> meta; // by keys of core/trace/meta_keys.h
};

// Takes one member; unknown ones and damaged values are passed over.
void readHeaderMember(std::string_view key, std::string_view value, Lanes &lanes, TraceSink &sink,
                      TraceHeader &header);

} // namespace hotloop::kineto
