#include "gui/data/trace/flow_index.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace hotloop::gui {
namespace {

// Correlation ids of a process are handed out one after the other, so an array by id is small; a
// file whose ids are wild gets a map.
class Hosts {
public:
  void reserve(std::uint32_t least, std::uint32_t greatest, std::size_t count) {
    least_ = least;
    dense_ = greatest - least < 16 * count + 1024;
    if (dense_) byId_.assign(std::size_t{greatest} - least + 1, kNoSlice);
  }
  void set(std::uint32_t id, std::uint32_t slice) {
    if (dense_)
      byId_[id - least_] = slice;
    else
      wild_[id] = slice;
  }
  std::uint32_t get(std::uint32_t id) const {
    if (dense_) {
      return id >= least_ && id - least_ < byId_.size() ? byId_[id - least_] : kNoSlice;
    }
    const auto found = wild_.find(id);
    return found == wild_.end() ? kNoSlice : found->second;
  }

private:
  std::uint32_t least_ = 0;
  bool dense_ = true;
  std::vector<std::uint32_t> byId_;
  std::unordered_map<std::uint32_t, std::uint32_t> wild_;
};

} // namespace

void buildFlows(const Trace &trace, const std::vector<std::uint32_t> &correlations,
                std::vector<Flow> &flows, std::vector<std::uint32_t> &byDevice) {
  struct Extent {
    std::uint32_t least = kNoSlice, greatest = 0;
    std::size_t count = 0;
  };
  const auto forEach = [&](EventTable table, auto &&visit) {
    for (const Lane &lane : trace.lanes) {
      const Track &track = trace.tracks[lane.track];
      if (track.table != table) continue;
      for (std::uint32_t slice = lane.first; slice < lane.first + lane.count; ++slice) {
        if (correlations[slice] != 0) visit(track.process, correlations[slice], slice);
      }
    }
  };
  std::unordered_map<std::uint32_t, Extent> extents;
  forEach(EventTable::kApi, [&](std::uint32_t process, std::uint32_t id, std::uint32_t) {
    Extent &extent = extents[process];
    extent.least = std::min(extent.least, id);
    extent.greatest = std::max(extent.greatest, id);
    ++extent.count;
  });
  std::unordered_map<std::uint32_t, Hosts> hosts;
  for (const auto &[process, extent] : extents)
    hosts[process].reserve(extent.least, extent.greatest, extent.count);
  // A call that is nested in another of the same id is the deeper one: later lanes win.
  forEach(EventTable::kApi, [&](std::uint32_t process, std::uint32_t id, std::uint32_t slice) {
    hosts[process].set(id, slice);
  });
  forEach(EventTable::kKernel, [&](std::uint32_t process, std::uint32_t id, std::uint32_t slice) {
    const auto found = hosts.find(process);
    const std::uint32_t host = found == hosts.end() ? kNoSlice : found->second.get(id);
    if (host != kNoSlice) flows.push_back({host, slice});
  });
  std::sort(flows.begin(), flows.end(), [](const Flow &a, const Flow &b) {
    return a.host != b.host ? a.host < b.host : a.device < b.device;
  });
  byDevice.resize(flows.size());
  std::iota(byDevice.begin(), byDevice.end(), 0u);
  std::sort(byDevice.begin(), byDevice.end(), [&flows](std::uint32_t a, std::uint32_t b) {
    return flows[a].device < flows[b].device;
  });
}

} // namespace hotloop::gui
