#include "tests/golden/import/trace_text.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include <fmt/format.h>

namespace hotloop::test_support {

namespace {

using Interval = std::pair<std::int64_t, std::int64_t>;
using StreamKey = std::vector<std::int64_t>;

bool isLaunch(std::string_view name) {
  for (const std::string_view word :
       {"cudaLaunch", "cuLaunchKernel", "cuLaunchCooperative", "cudaMemcpy", "cudaMemset",
        "cuMemcpy", "cuMemset", "cudaGraphLaunch", "cuGraphLaunch"})
    if (name.starts_with(word)) return true;
  return false;
}

bool isWait(std::string_view name) {
  for (const std::string_view word :
       {"cudaEventSynchronize", "cudaStreamSynchronize", "cudaDeviceSynchronize",
        "cuEventSynchronize", "cuStreamSynchronize", "cuCtxSynchronize", "hipEventSynchronize",
        "hipStreamSynchronize", "hipDeviceSynchronize"})
    if (name.starts_with(word)) return true;
  return false;
}

std::int64_t busy(std::vector<Interval> intervals) {
  std::ranges::sort(intervals);
  std::int64_t total = 0, end = INT64_MIN;
  for (const auto &[begin, finish] : intervals) {
    if (finish > end) total += finish - std::max(begin, end);
    end = std::max(end, finish);
  }
  return total;
}

template <class Columns>
void addWork(const TraceView &trace, const Columns &rows, bool withProcess,
             std::map<StreamKey, std::vector<Interval>> &work) {
  for (std::size_t i = 0; i < rows.start.size(); ++i) {
    const std::size_t stream = rows.lane[i].value - 1;
    const auto &streams = trace->streams;
    StreamKey key{trace->devices.ordinal[streams.device[stream].value - 1], streams.context[stream],
                  streams.cudaStream[stream]};
    if (withProcess)
      key.insert(key.begin(), trace->processes.osPid[streams.process[stream].value - 1]);
    work[key].emplace_back(rows.start[i].count, rows.start[i].count + rows.duration[i].count);
  }
}

std::string stepsText(const TraceView &trace) {
  std::string text;
  const auto &ops = trace->ops;
  const auto &apis = trace->apis;
  const auto process = [&](ThreadId lane) { return trace->threads.process[lane.value - 1]; };
  for (std::size_t op = 0; op < ops.start.size(); ++op) {
    const std::string_view name = trace.text(ops.name[op]);
    if (ops.scope[op] != OpScope::kUserScope || !name.starts_with("ProfilerStep#")) continue;
    int launches = 0, waits = 0;
    for (std::size_t i = 0; i < apis.start.size(); ++i) {
      if (apis.start[i] < ops.start[op] || apis.start[i] >= ops.start[op] + ops.duration[op] ||
          process(apis.lane[i]) != process(ops.lane[op]))
        continue;
      launches += isLaunch(trace.text(apis.name[i])) ? 1 : 0;
      waits += isWait(trace.text(apis.name[i])) ? 1 : 0;
    }
    text += fmt::format("step {}: {} launches, {} waits\n", name, launches, waits);
  }
  return text;
}

} // namespace

std::string traceText(const std::string &name, const TraceView &trace) {
  std::map<std::string, std::size_t> counts;
  for (const OpScope scope : trace->ops.scope)
    ++counts[scope == OpScope::kUserScope ? "scope" : scope == OpScope::kOther ? "python" : "op"];
  counts["api"] = trace->apis.start.size();
  counts["kernel"] = trace->kernels.start.size();
  counts["memcpy"] = trace->memcpys.start.size();
  counts["memset"] = trace->memsets.start.size();
  counts["sync"] = trace->syncs.start.size();
  counts["event_record"] = trace->eventRecords.start.size();
  counts["overhead"] = trace->overheads.start.size();
  counts["range"] = trace->ranges.start.size();
  counts["allocation"] = trace->allocations.start.size();
  std::string text = "== " + name + "\n";
  for (const auto &[kind, count] : counts)
    if (count > 0) text += fmt::format("{} {}\n", kind, count);

  const std::string_view source = trace.meta("source");
  std::map<StreamKey, std::vector<Interval>> work;
  const bool withProcess = source == "import:nsys";
  addWork(trace, trace->kernels, withProcess, work);
  addWork(trace, trace->memcpys, withProcess, work);
  addWork(trace, trace->memsets, withProcess, work);
  for (const auto &[stream, intervals] : work)
    text += fmt::format("stream {}: {} pieces of work, busy {} ns\n", fmt::join(stream, "/"),
                        intervals.size(), busy(intervals));
  if (source == "import:memory_snapshot") {
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < trace->allocations.start.size(); ++i)
      if (trace->allocations.action[i] == AllocationAction::kAllocate)
        bytes += trace->allocations.bytes[i];
    text += fmt::format("bytes allocated {}\n", bytes);
  }
  return text + stepsText(trace);
}

} // namespace hotloop::test_support
