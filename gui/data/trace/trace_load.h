#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "core/base/result.h"
#include "gui/data/trace/trace.h"

namespace hotloop::gui {

struct LoadOptions {
  int threads = 2;
  std::stop_token stop;                  // asked: give up soon, with an error
  std::function<void(TracePtr)> preview; // the first events, while the rest is read
  std::function<void(double)> progress;  // 0 to 1, from any of the threads
};

// Reads the events of a run file as a timeline. Large runs take a second or more, so a window calls
// it in a job. Errors: those of openRunFile(); cancelled; more events than 2^32.
Result<TracePtr> loadTrace(const std::string &path, const LoadOptions &options = {});

} // namespace hotloop::gui
