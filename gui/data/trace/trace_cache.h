#pragma once

#include <cstddef>
#include <string>

#include "core/base/result.h"
#include "gui/data/trace/trace.h"

namespace hotloop::gui {

// Where and whether timelines are kept between two openings of a run. Files are beside the run
// (RUN.hlcache) or, where its folder is not writable, in `folder`; deleting them is always safe.
struct CachePolicy {
  bool enabled = true;
  std::string folder;                // empty: only beside the run
  std::size_t leastSlices = 200'000; // smaller runs are read as quickly as their cache
};
void setCachePolicy(CachePolicy policy); // before threads use it

// The timeline kept for this very file (size, time, content of its header), mapped; null when there
// is none, or when it is damaged, older or of another version.
TracePtr loadCachedTrace(const std::string &path);

// Keeps a timeline, and clears what viewers that were killed left half written in that folder.
// Small runs are not worth it. Failing is no harm: false.
bool storeCachedTrace(const std::string &path, const Trace &trace);

// For tests: where it would be kept first.
std::string cachePath(const std::string &path);

} // namespace hotloop::gui
