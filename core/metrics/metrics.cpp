#include "core/metrics/metrics.h"

#include <algorithm>

namespace hotloop {

namespace {

using enum MetricKind;

constexpr Metric kMetrics[] = {
    {"operators", kCounter, "1", true, false, "LibTorch operators called, nested ones included"},
    {"launches", kCounter, "1", true, false,
     "kernel, copy and fill launches; would-be launches in a run without device records"},
    {"graph_launches", kCounter, "1", true, true, "launches of whole CUDA graphs"},
    {"kernels", kCounter, "1", true, true,
     "kernels that ran on a device, those in graphs included"},
    {"host_syncs", kCounter, "1", true, false,
     "waits of the host for a device; would-be waits in a run without device records"},
    {"copies", kCounter, "1", true, true, "copies between host and device or between devices"},
    {"copied_bytes", kBytes, "bytes", true, true, "bytes moved by those copies"},
    {"allocations", kCounter, "1", true, false, "blocks taken from an allocator"},
    {"allocated_bytes", kBytes, "bytes", true, false, "size of those blocks"},
    {"frees", kCounter, "1", true, false, "blocks given back to an allocator"},
    {"period_ms", kTime, "ms", false, false, "distance of the starts of neighbouring steady steps"},
    {"step_ms", kTime, "ms", false, false, "length of a steady step"},
    {"host_ms", kTime, "ms", true, false, "time inside operators, children excluded"},
    {"device_ms", kTime, "ms", false, true, "length of the union of the work on a device"},
    {"idle_ms", kTime, "ms", false, true, "part of a step in which no device works"},
};

} // namespace

std::span<const Metric> metricCatalogue() { return kMetrics; }

const Metric *findMetric(std::string_view name) {
  const auto *found = std::ranges::find(kMetrics, name, &Metric::name);
  return found == std::end(kMetrics) ? nullptr : found;
}

} // namespace hotloop
