#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hotloop {

enum class MetricKind : std::uint8_t {
  kCounter, // adds up over sites and steps; whole numbers
  kBytes,   // adds up over sites and steps
  kTime,    // milliseconds; a median over steps, never a sum
};

// The catalogue of what is counted, each once: the names in step_counter.counter and in
// `hotloop stats --json`, with unit and meaning.
struct Metric {
  std::string_view name; // "host_syncs"
  MetricKind kind = MetricKind::kCounter;
  std::string_view unit;    // "1", "bytes", "ms"
  bool perSite = false;     // has rows in step_counter
  bool needsDevice = false; // unknown in a run without device records
  std::string_view meaning;
};

std::span<const Metric> metricCatalogue();

// The metric of that name, or nullptr.
const Metric *findMetric(std::string_view name);

} // namespace hotloop
