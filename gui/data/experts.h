#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/trace/trace_view.h"

namespace hotloop::gui {

// Tokens per expert at one moment, of one layer.
struct ExpertSample {
  std::int64_t time = 0; // run clock
  std::uint32_t layer = 0;
  std::vector<double> tokens;
  // The fullest expert by the mean; 1 is balanced, 0 without tokens.
  double imbalance() const;
};

// A number that a range or mark carried over time.
struct PayloadSeries {
  std::string name;
  std::vector<std::int64_t> times;
  std::vector<double> values;
};

struct Experts {
  std::uint32_t experts = 0; // 0: the run does not mark tokens per expert
  std::uint32_t layers = 0;
  std::vector<ExpertSample> samples;
  std::vector<PayloadSeries> payloads; // what else carries numbers, most values first
};

// From NVTX marks that come in bursts, one per layer and expert ("tokens per expert").
Experts findExperts(const TraceView &trace);

} // namespace hotloop::gui
