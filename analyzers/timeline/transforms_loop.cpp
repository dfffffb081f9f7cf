#include <algorithm>

#include "analyzers/timeline/site_filter.h"
#include "analyzers/timeline/transforms.h"

namespace hotloop {

namespace {

// How many turns' worth of host time the batched form takes (a turn, and the sorting and counting
// that let one do for all), and the share of the kernels' work that is left. A kernel's shortest
// time is its launch and its tail, which every kernel that goes takes with it.
struct Model {
  double turns, work;
};
constexpr Model kModels[] = {{1.5, 0.8}, {1.0, 0.4}, {2.5, 1.1}};
constexpr double kShortestKernel = 2'000;

class Batcher {
public:
  Batcher(const WhatIf &whatIf, const Model &model) : timeline_(whatIf.timeline()), model_(model) {
    edit_.name = "batch-loop";
    edit_.modelled = true;
  }

  void add(const HostLoop &loop) {
    const Anchors &anchors = timeline_.anchors;
    const std::uint16_t thread = timeline_.threadOf(loop.thread);
    if (thread == timeline_.threads.size() || loop.turns <= model_.turns) return;
    const auto length = static_cast<double>(loop.end - loop.start);
    const auto kept = loop.start + static_cast<std::int64_t>(length * model_.turns / loop.turns);
    auto i = static_cast<std::uint32_t>(std::ranges::lower_bound(anchors.start, loop.start) -
                                        anchors.start.begin());
    double all = 0, remaining = 0;
    std::vector<std::uint32_t> works;
    bool any = false;
    for (; i < anchors.size() && anchors.start[i] < loop.end; ++i) {
      if (anchors.thread[i] != thread || !timeline::inTemplate(timeline_, i)) continue;
      any = true;
      const bool stays = anchors.start[i] + anchors.end[i] < 2 * kept;
      if (stays &&
          (anchors.kind[i] == AnchorKind::kSync || anchors.kind[i] == AnchorKind::kPageable))
        edit_.unblock.push_back(i);
      for (std::uint32_t k = anchors.workBegin[i]; k < anchors.workBegin[i + 1]; ++k) {
        all += beyondShortest(k);
        if (!stays) continue;
        remaining += beyondShortest(k);
        works.push_back(k);
      }
    }
    if (!any) return;
    edit_.cuts.push_back({kept, loop.end, thread});
    if (remaining <= 0) return;
    for (const std::uint32_t k : works)
      edit_.workDuration.emplace_back(k, time(k) - beyondShortest(k) +
                                             beyondShortest(k) * all * model_.work / remaining);
  }

  Edit finish() { return std::move(edit_); }

private:
  double time(std::uint32_t work) const {
    return static_cast<double>(timeline_.work.end[work] - timeline_.work.start[work]);
  }
  double beyondShortest(std::uint32_t work) const {
    return std::max(0.0, time(work) - kShortestKernel);
  }

  const Timeline &timeline_;
  Model model_;
  Edit edit_;
};

} // namespace

Edit batchLoops(const WhatIf &whatIf, std::span<const HostLoop> loops) {
  Edit edit;
  edit.name = "batch-loop";
  edit.whyNone = whatIf.whyNone();
  if (!edit.whyNone.empty()) return edit;
  std::vector<Edit> versions;
  for (const Model &model : kModels) {
    Batcher batcher(whatIf, model);
    for (const HostLoop &loop : loops) batcher.add(loop);
    versions.push_back(batcher.finish());
  }
  if (versions[0].empty()) {
    edit.whyNone = "None of the loops is in a steady step of the replay.";
    return edit;
  }
  edit = std::move(versions[0]);
  edit.alternatives = {std::move(versions[1]), std::move(versions[2])};
  return edit;
}

} // namespace hotloop
