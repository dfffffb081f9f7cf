#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "analyzers/steps/lanes.h"
#include "analyzers/timeline/program.h"
#include "analyzers/timeline/site_filter.h"
#include "analyzers/timeline/transforms.h"

namespace hotloop {

namespace {

// Walks the calls of one thread in order.
class GraphBuilds {
public:
  GraphBuilds(const WhatIf &whatIf, std::span<const std::uint32_t> builds, Edit &edit)
      : whatIf_(whatIf), builds_(builds.begin(), builds.end()), edit_(edit) {
    const Anchors &anchors = whatIf.timeline().anchors;
    for (std::uint32_t i = 0; i < anchors.size(); ++i)
      if (anchors.kind[i] == AnchorKind::kGraphLaunch) launches_.emplace(anchors.api[i], i);
  }

  void walk(std::uint16_t thread) {
    const ThreadRecords &records = whatIf_.timeline().threads[thread];
    const auto &apis = whatIf_.trace()->apis;
    std::int64_t capture = INT64_MIN; // start of the capture that is not over
    bool built = false;               // a graph that has not been launched yet
    for (std::uint32_t r = 0; r < records.start.size(); ++r) {
      if ((records.row[r] & kApiBit) == 0) continue;
      const std::uint32_t api = records.row[r] & ~kApiBit;
      const std::string_view name = whatIf_.trace().text(apis.name[api]);
      const auto is = [&](std::string_view part) { return name.find(part) != name.npos; };
      if (is("StreamBeginCapture")) {
        capture = records.start[r];
      } else if (builds_.contains(api)) {
        const std::int64_t from = capture == INT64_MIN ? records.start[r] : capture;
        edit_.cuts.push_back({from, records.end[r], thread});
        capture = INT64_MIN;
        built = true;
      } else if (is("GraphExecDestroy") || is("GraphDestroy")) {
        edit_.cuts.push_back({records.start[r], records.end[r], thread});
      } else if (const auto found = launches_.find(api); found != launches_.end()) {
        if (built) launchAgain(found->second);
        built = false;
      }
    }
  }

private:
  // The first launch of a graph also uploads it.
  void launchAgain(std::uint32_t anchor) {
    const Anchors &anchors = whatIf_.timeline().anchors;
    const double nodes = anchors.workBegin[anchor + 1] - anchors.workBegin[anchor];
    const double call = timeline::graphCall(nodes);
    if (static_cast<double>(anchors.end[anchor] - anchors.start[anchor]) > call)
      edit_.duration.emplace_back(anchor, call);
  }

  const WhatIf &whatIf_;
  std::unordered_set<std::uint32_t> builds_;
  std::unordered_map<std::uint32_t, std::uint32_t> launches_; // row of trace->apis -> anchor
  Edit &edit_;
};

} // namespace

Edit keepGraphs(const WhatIf &whatIf, std::span<const std::uint32_t> builds) {
  if (!whatIf.whyNone().empty()) return noEdit("keep-graphs", whatIf.whyNone());
  Edit edit;
  edit.name = "keep-graphs";
  GraphBuilds walker(whatIf, builds, edit);
  for (std::uint16_t thread = 0; !builds.empty() && thread < whatIf.timeline().threads.size();
       ++thread)
    walker.walk(thread);
  if (edit.cuts.empty()) edit.whyNone = "The steady steps build no graph there.";
  return edit;
}

} // namespace hotloop
