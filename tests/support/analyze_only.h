#pragma once

#include <string_view>
#include <utility>

#include "analyzers/analysis.h"
#include "tests/support/scripted_loop.h"

namespace hotloop::test_support {

// What one rule says about a run, with nothing claimed by others before it.
inline Analysis analyzeOnly(std::string_view rule, const TraceView &trace) {
  AnalysisOptions options;
  options.onlyRules = {std::string(rule)};
  options.gains = false; // what the rule sees, not what the replay thinks of it
  return std::move(analyze(trace, options)).value();
}

inline Analysis analyzeOnly(std::string_view rule, ScriptedLoop &loop) {
  return analyzeOnly(rule, loop.build());
}

} // namespace hotloop::test_support
