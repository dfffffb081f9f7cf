#pragma once

#include "core/trace/trace_builder.h"
#include "core/trace/trace_view.h"
#include "tests/support/make_run.h"

namespace hotloop::test_support {

// A made run in memory.
inline TraceView made(const MakeRunOptions &options, MadeRun *about = nullptr) {
  TraceBuilder builder;
  auto run = makeRun(builder, options);
  if (about != nullptr && run.has_value()) *about = *run;
  return std::move(builder.build()).value();
}

} // namespace hotloop::test_support
