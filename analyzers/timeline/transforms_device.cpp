#include <algorithm>
#include <tuple>
#include <unordered_set>

#include <fmt/format.h>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/site_filter.h"
#include "analyzers/timeline/transforms.h"

namespace hotloop {

using timeline::SiteFilter;

namespace {

// Kernels that move bytes take this much of their time at half the bytes; short ones and those that
// sort do not change. Source: whatif_h100 section 6.
constexpr double kHalfBytes[] = {0.55, 0.5, 0.65};
constexpr double kRateSpread[] = {1.0, 15.0 / 12.6, 9.0 / 12.6};
constexpr double kShortestProduct = 2'500;
constexpr double kCasts = 2; // of the activation and of the weight
constexpr double kByteBound = 10'000;

std::string_view kernelName(const WhatIf &whatIf, std::uint32_t work) {
  const Timeline &timeline = whatIf.timeline();
  const DeviceWorkKind kind = timeline.work.kind[work];
  if (kind != DeviceWorkKind::kKernel && kind != DeviceWorkKind::kCollective) return {};
  return whatIf.trace().text(whatIf.trace()->kernels.name[timeline.work.row[work]]);
}

double timeOf(const Timeline &timeline, std::uint32_t work) {
  return static_cast<double>(timeline.work.end[work] - timeline.work.start[work]);
}

template <class Visit> void forEachWork(const WhatIf &whatIf, const Where &where, Visit &&visit) {
  const Timeline &timeline = whatIf.timeline();
  const SiteFilter filter(whatIf, where);
  for (const TemplateStep &step : timeline.steps)
    for (std::uint32_t i = step.first + 1; i <= step.last; ++i)
      if (timeline.anchors.workBegin[i] < timeline.anchors.workBegin[i + 1] && filter.matches(i))
        for (std::uint32_t k = timeline.anchors.workBegin[i]; k < timeline.anchors.workBegin[i + 1];
             ++k)
          visit(k);
}

// Anchors of a group's operators that start device work, in order, in the template.
std::vector<std::uint32_t> launchesOf(const WhatIf &whatIf, const Group &group) {
  const Timeline &timeline = whatIf.timeline();
  const auto &ops = whatIf.trace()->ops;
  std::vector<std::uint32_t> found;
  for (const std::uint32_t op : group.ops) {
    if (op >= ops.start.size()) continue;
    const std::int64_t start = ops.start[op].count;
    const std::int64_t end = endOf(ops.start[op], ops.duration[op]).count;
    auto i = static_cast<std::uint32_t>(
        std::lower_bound(timeline.anchors.start.begin(), timeline.anchors.start.end(), start) -
        timeline.anchors.start.begin());
    for (; i < timeline.anchors.size() && timeline.anchors.start[i] < end; ++i)
      if (timeline.threads[timeline.anchors.thread[i]].id == ops.lane[op] &&
          timeline.anchors.workBegin[i] < timeline.anchors.workBegin[i + 1] &&
          timeline::inTemplate(timeline, i))
        found.push_back(i);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

} // namespace

Edit scaleKernels(const WhatIf &whatIf, double factor, std::string_view nameContains,
                  const Where &where) {
  if (!whatIf.whyNone().empty()) return noEdit("scale-kernel", whatIf.whyNone());
  Edit edit;
  edit.name = fmt::format("scale-kernel={}:{}", nameContains, factor);
  const Timeline &timeline = whatIf.timeline();
  forEachWork(whatIf, where, [&](std::uint32_t k) {
    const std::string_view name = kernelName(whatIf, k);
    if (!name.empty() && name.find(nameContains) != name.npos)
      edit.workDuration.emplace_back(k, factor * timeOf(timeline, k));
  });
  if (edit.empty())
    return noEdit(edit.name,
                  fmt::format("No kernel of the steady steps has '{}' in its name.", nameContains));
  return edit;
}

namespace {

// PyTorch 2.8 and later run grouped products of fp32 as a loop over single products, with a wait
// for the sizes of the groups; those of bf16 are one kernel.
struct GroupedLoop {
  std::vector<std::uint32_t> launches; // anchors, the last of which stays
  double time = 0;                     // of all products, ns on the device
  HostCut cut;                         // all of the host's part but one launch
};

std::vector<GroupedLoop> groupedLoops(const WhatIf &whatIf) {
  const Timeline &timeline = whatIf.timeline();
  const auto &ops = whatIf.trace()->ops;
  std::vector<GroupedLoop> loops;
  const StringId name = whatIf.trace()->strings.find("aten::_grouped_mm");
  for (std::uint32_t op = 0; name && op < ops.start.size(); ++op) {
    if (ops.name[op] != name) continue;
    GroupedLoop loop;
    loop.launches = launchesOf(whatIf, {{op}});
    if (loop.launches.size() < 2) continue;
    for (const std::uint32_t i : loop.launches)
      for (std::uint32_t k = timeline.anchors.workBegin[i]; k < timeline.anchors.workBegin[i + 1];
           ++k)
        if (timeline.work.kind[k] == DeviceWorkKind::kKernel) loop.time += timeOf(timeline, k);
    const auto gap = static_cast<std::int64_t>(whatIf.calibration().hostGap);
    const std::uint32_t last = loop.launches.back();
    loop.cut = {ops.start[op].count + gap, timeline.anchors.start[last] - gap,
                timeline.anchors.thread[last]};
    if (loop.cut.start < loop.cut.end) loops.push_back(std::move(loop));
  }
  return loops;
}

} // namespace

Edit retype(const WhatIf &whatIf, const Where &where) {
  if (!whatIf.whyNone().empty()) return noEdit("retype", whatIf.whyNone());
  const MachineProfile *profile = whatIf.profile();
  if (profile == nullptr || profile->fp32FlopsPerNs <= 0 || profile->bf16FlopsPerNs <= 0)
    return noEdit("retype", "The kernels of the new type are not in this run, and there is no "
                            "profile of the machine to tell their time: run hotloop "
                            "calibrate-device on it.");
  const double rate = profile->bf16FlopsPerNs / profile->fp32FlopsPerNs;
  const Timeline &timeline = whatIf.timeline();
  std::vector<Edit> versions(3);
  bool products = false;
  std::vector<std::uint32_t> converted; // anchors of products
  for (std::size_t v = 0; v < versions.size(); ++v) {
    versions[v].name = "retype";
    versions[v].modelled = true;
    forEachWork(whatIf, where, [&](std::uint32_t k) {
      const std::string_view name = kernelName(whatIf, k);
      const double time = timeOf(timeline, k);
      const auto contains = [&](std::string_view part) { return name.find(part) != name.npos; };
      if (contains("sgemm") || contains("gemm_f32f32_f32f32")) {
        products = true;
        if (v == 0) converted.push_back(timeline.work.anchor[k]);
        versions[v].workDuration.emplace_back(
            k, std::max(kShortestProduct, time / (rate * kRateSpread[v])));
      } else if (!name.empty() && time >= kByteBound && !contains("sort") && !contains("Sort") &&
                 !contains("topk") && !contains("TopK")) {
        versions[v].workDuration.emplace_back(k, time * kHalfBytes[v]);
      }
    });
  }
  if (!products) return noEdit("retype", "The steady steps run no fp32 matrix product.");
  std::unordered_set<std::uint32_t> gone; // anchors
  if (where.site.empty() && where.ops.empty() && where.apis.empty())
    for (const GroupedLoop &loop : groupedLoops(whatIf)) {
      const std::uint32_t last = loop.launches.back();
      gone.insert(loop.launches.begin(), loop.launches.end() - 1);
      for (std::size_t v = 0; v < versions.size(); ++v) {
        versions[v].cuts.push_back(loop.cut);
        double time = std::max(kShortestProduct, loop.time / (rate * kRateSpread[v]));
        for (std::uint32_t k = timeline.anchors.workBegin[last];
             k < timeline.anchors.workBegin[last + 1]; ++k, time = 0)
          versions[v].workDuration.emplace_back(k, time);
      }
    }
  // Under autocast each product is preceded by casts of what goes in, which a model of the new type
  // does not need.
  Edit casts = versions[0];
  const timeline::Calibration &calibration = whatIf.calibration();
  for (const std::uint32_t anchor : converted) {
    if (gone.contains(anchor)) continue;
    casts.addedHost.emplace_back(anchor, kCasts * (calibration.hostGap + calibration.launchCall));
    const std::uint32_t k = timeline.anchors.workBegin[anchor];
    casts.workDuration.emplace_back(k, std::max(kShortestProduct, timeOf(timeline, k) / rate) +
                                           kCasts * kShortestProduct);
  }
  Edit edit = versions[0];
  edit.alternatives = {versions[1], versions[2], std::move(casts)};
  return edit;
}

Edit fuseOps(const WhatIf &whatIf, std::span<const Group> groups, double scale, double deviceTime) {
  if (!whatIf.whyNone().empty()) return noEdit("fuse", whatIf.whyNone());
  if (deviceTime < 0 && scale < 1 && whatIf.profile() == nullptr)
    return noEdit("fuse",
                  "The time of the fused kernel is not in this run, and there is no profile "
                  "of the machine to tell it: run hotloop calibrate-device on it.");
  const Timeline &timeline = whatIf.timeline();
  const Anchors &anchors = timeline.anchors;
  Edit edit;
  edit.name = "fuse";
  edit.modelled = deviceTime >= 0 || scale < 1;
  for (const Group &group : groups) {
    const std::vector<std::uint32_t> launches = launchesOf(whatIf, group);
    if (launches.size() < 2) continue;
    double total = 0;
    for (const std::uint32_t i : launches)
      for (std::uint32_t k = anchors.workBegin[i]; k < anchors.workBegin[i + 1]; ++k)
        total += timeOf(timeline, k);
    const double fused = deviceTime >= 0 ? deviceTime : scale * total;
    for (std::size_t n = 0; n < launches.size(); ++n) {
      const std::uint32_t i = launches[n];
      if (n == 0)
        for (std::uint32_t k = anchors.workBegin[i]; k < anchors.workBegin[i + 1]; ++k)
          edit.workDuration.emplace_back(k, k == anchors.workBegin[i] ? fused : 0.0);
      else
        edit.drop.push_back(i);
    }
    // The host time between the launches goes with them, where the same thread made them.
    const std::uint32_t last = launches.back();
    if (anchors.thread[launches.front()] == anchors.thread[last])
      edit.cuts.push_back({anchors.end[launches.front()], anchors.end[last], anchors.thread[last]});
  }
  if (edit.empty())
    return noEdit("fuse", "No group of operators starts more than one piece of device work.");
  return edit;
}

Edit balance(const WhatIf &whatIf, std::span<const Group> experts) {
  if (!whatIf.whyNone().empty()) return noEdit("balance", whatIf.whyNone());
  const Timeline &timeline = whatIf.timeline();
  std::vector<std::vector<std::uint32_t>> works(experts.size());
  std::vector<double> total(experts.size(), 0);
  double mean = 0;
  for (std::size_t e = 0; e < experts.size(); ++e) {
    for (const std::uint32_t i : launchesOf(whatIf, experts[e]))
      for (std::uint32_t k = timeline.anchors.workBegin[i]; k < timeline.anchors.workBegin[i + 1];
           ++k) {
        works[e].push_back(k);
        total[e] += timeOf(timeline, k);
      }
    mean += total[e] / static_cast<double>(experts.size());
  }
  Edit edit;
  edit.name = "balance";
  for (std::size_t e = 0; e < experts.size(); ++e)
    for (const std::uint32_t k : works[e])
      edit.workDuration.emplace_back(k, timeOf(timeline, k) * mean / total[e]);
  if (edit.empty())
    return noEdit("balance", "The experts start no device work in the steady steps.");
  return edit;
}

} // namespace hotloop
