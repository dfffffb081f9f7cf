#include "analyzers/counters/step_counters.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "analyzers/counters/step_cursor.h"
#include "core/base/stop.h"

namespace hotloop {

namespace {

void addTo(Counters &into, const Counters &what) {
  into.operators += what.operators;
  into.launches += what.launches;
  into.hostSyncs += what.hostSyncs;
  into.allocations += what.allocations;
  into.allocatedBytes += what.allocatedBytes;
  into.selfTime += what.selfTime;
}

bool startsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool isGraphLaunch(std::string_view api) {
  return startsWith(api, "cudaGraphLaunch") || startsWith(api, "cuGraphLaunch");
}
bool isLaunch(std::string_view api) {
  return startsWith(api, "cudaLaunch") || startsWith(api, "cuLaunchKernel") ||
         startsWith(api, "cuLaunchCooperative") || startsWith(api, "cudaMemcpy") ||
         startsWith(api, "cudaMemset") || startsWith(api, "cuMemcpy") ||
         startsWith(api, "cuMemset");
}

// A runtime call and the driver call under it share their correlation id and are one launch.
class DeviceCount {
public:
  DeviceCount(const TraceView &trace, const Steps &steps, StepCounters &counters)
      : trace_(trace), steps_(steps), into_(counters.devicePerStep) {
    into_.resize(steps.all.size());
  }

  void run() {
    countApis();
    StepCursor kernelStep(trace_, steps_);
    const auto &kernels = trace_->kernels;
    for (std::size_t i = 0; i < kernels.start.size(); ++i)
      if (auto *step = at(kernelStep, kernels.start[i])) ++step->kernels;
    StepCursor copyStep(trace_, steps_);
    const auto &copies = trace_->memcpys;
    for (std::size_t i = 0; i < copies.start.size(); ++i)
      if (auto *step = at(copyStep, copies.start[i])) ++step->copies;
    StepCursor syncStep(trace_, steps_);
    const auto &syncs = trace_->syncs;
    constexpr std::uint8_t kStreamWaitsForEvent = 2;
    for (std::size_t i = 0; i < syncs.start.size(); ++i) {
      stopPoint(i);
      const std::uint32_t step = syncStep.at(syncs.lane[i], syncs.start[i]);
      if (step != kNoIndex && syncs.kind[i] != kStreamWaitsForEvent) ++into_[step].hostSyncs;
    }
  }

private:
  DeviceCounters *at(StepCursor &cursor, Nanoseconds start) {
    const std::uint32_t step = cursor.at(start);
    return step == kNoIndex ? nullptr : &into_[step];
  }

  void countApis() {
    const auto &apis = trace_->apis;
    enum : std::uint8_t { kUnknown, kOther, kLaunch, kGraph };
    std::vector<std::uint8_t> kindOfName(trace_->strings.size(), kUnknown);
    StepCursor stepOf(trace_, steps_);
    std::uint32_t lastCorrelation = 0;
    for (std::size_t i = 0; i < apis.start.size(); ++i) {
      stopPoint(i);
      const std::uint32_t step = stepOf.at(apis.lane[i], apis.start[i]);
      const std::uint32_t name = apis.name[i].value;
      if (step == kNoIndex || name >= kindOfName.size()) continue;
      if (kindOfName[name] == kUnknown) {
        const std::string_view text = trace_.text(apis.name[i]);
        kindOfName[name] = isGraphLaunch(text) ? kGraph : isLaunch(text) ? kLaunch : kOther;
      }
      if (kindOfName[name] == kOther) continue;
      const std::uint32_t correlation = apis.correlation[i];
      if (correlation != 0 && correlation == lastCorrelation) continue;
      lastCorrelation = correlation;
      if (kindOfName[name] == kGraph)
        ++into_[step].graphLaunches;
      else
        ++into_[step].launches;
    }
  }

  const TraceView &trace_;
  const Steps &steps_;
  std::vector<DeviceCounters> &into_;
};

} // namespace

StepCounters computeStepCounters(const TraceView &trace, const Steps &steps, const OpFacts &ops,
                                 const AllocationFacts &allocations, std::size_t siteCount) {
  StepCounters result;
  result.perStep.resize(steps.all.size());
  std::vector<Counters> ofSite(siteCount);
  std::vector<bool> touched(siteCount);
  std::vector<SiteIndex> sites;
  const auto &rows = trace->allocations;
  std::size_t op = 0;
  std::size_t allocation = 0;
  for (std::uint32_t step = 0; step < steps.all.size(); ++step) {
    stopPoint(step);
    const auto add = [&](SiteIndex site, const Counters &what) {
      if (!touched[site]) {
        touched[site] = true;
        sites.push_back(site);
      }
      addTo(ofSite[site], what);
      addTo(result.perStep[step], what);
    };
    const Nanoseconds end = steps.all[step].end;
    for (; op < ops.size() && trace->ops.start[op] < end; ++op) {
      stopPoint(op);
      if (ops.step[op] != step) continue;
      const bool userScope = trace->ops.scope[op] == OpScope::kUserScope;
      add(ops.site[op], {ops.isOperator[op], ops.launches[op], ops.hostSync[op], 0, 0,
                         userScope ? 0 : ops.self[op]});
    }
    for (; allocation < allocations.size() && rows.start[allocation] < end; ++allocation) {
      stopPoint(allocation);
      if (allocations.step[allocation] != step ||
          rows.action[allocation] != AllocationAction::kAllocate)
        continue;
      add(allocations.site[allocation], {0, 0, 0, 1, rows.bytes[allocation], 0});
    }
    std::ranges::sort(sites);
    for (const SiteIndex site : sites) {
      result.perSite.push_back({step, site, ofSite[site]});
      ofSite[site] = {};
      touched[site] = false;
    }
    sites.clear();
  }
  if (trace.hasDeviceRecords()) DeviceCount(trace, steps, result).run();
  return result;
}

} // namespace hotloop
