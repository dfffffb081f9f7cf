#include "gui/data/trace/flow_index.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

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

FlowIndex buildFlows(const Trace &trace, std::span<const std::uint32_t> correlations) {
  struct Extent {
    std::uint32_t least = kNoSlice, greatest = 0;
    std::size_t count = 0;
  };
  // visitLane(process) gives what visits (id, slice) in the order of slices.
  const auto forEach = [&](EventTable table, auto &&visitLane) {
    for (const Lane &lane : trace.lanes) {
      const Track &track = trace.tracks[lane.track];
      if (track.table != table) continue;
      auto visit = visitLane(track.process);
      for (std::uint32_t slice = lane.first; slice < lane.first + lane.count; ++slice) {
        if (correlations[slice] != 0) visit(correlations[slice], slice);
      }
    }
  };
  std::unordered_map<std::uint32_t, Extent> extents;
  forEach(EventTable::kApi, [&](std::uint32_t process) {
    return [&extent = extents[process]](std::uint32_t id, std::uint32_t) {
      extent.least = std::min(extent.least, id);
      extent.greatest = std::max(extent.greatest, id);
      ++extent.count;
    };
  });
  std::unordered_map<std::uint32_t, Hosts> hosts;
  for (const auto &[process, extent] : extents)
    hosts[process].reserve(extent.least, extent.greatest, extent.count);
  // A call that is nested in another of the same id is the deeper one: later lanes win.
  forEach(EventTable::kApi, [&](std::uint32_t process) {
    return [&each = hosts[process]](std::uint32_t id, std::uint32_t slice) { each.set(id, slice); };
  });
  std::vector<std::uint64_t> pairs; // host above device
  forEach(EventTable::kKernel, [&](std::uint32_t process) {
    const auto found = hosts.find(process);
    const Hosts *each = found == hosts.end() ? nullptr : &found->second;
    return [&pairs, each](std::uint32_t id, std::uint32_t slice) {
      const std::uint32_t host = each == nullptr ? kNoSlice : each->get(id);
      if (host != kNoSlice) pairs.push_back(std::uint64_t{host} << 32 | slice);
    };
  });
  std::sort(pairs.begin(), pairs.end());
  FlowIndex index{BigArray<Flow>(pairs.size()), BigArray<std::uint32_t>(pairs.size())};
  std::uint32_t least = kNoSlice;
  std::uint32_t greatest = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Flow flow{static_cast<std::uint32_t>(pairs[i] >> 32),
                    static_cast<std::uint32_t>(pairs[i])};
    index.byHost[i] = flow;
    least = std::min(least, flow.device);
    greatest = std::max(greatest, flow.device);
  }
  // Device slices are neighbours, so a place for each of them takes little: no sorting.
  std::vector<std::uint32_t> at(pairs.empty() ? 0 : greatest - least + 1, kNoSlice);
  for (std::size_t i = 0; i < pairs.size(); ++i)
    at[index.byHost[i].device - least] = static_cast<std::uint32_t>(i);
  std::size_t next = 0;
  for (const std::uint32_t flow : at) {
    if (flow != kNoSlice) index.byDevice[next++] = flow;
  }
  return index;
}

} // namespace hotloop::gui
