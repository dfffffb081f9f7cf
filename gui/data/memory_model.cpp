#include "gui/data/memory_model.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "analyzers/counters/sites.h"
#include "core/base/stop.h"

namespace hotloop::gui {
namespace {

using Source = std::pair<std::uint8_t, std::uint32_t>; // allocator, device

struct Live {
  std::int64_t bytes = 0;
  SiteIndex site = 0;
};

// Calls visit(row, freed, site): walks the allocations of one source, telling what a free gives
// back.
template <class Visit>
void follow(const AllocationColumns &all, const SiteTable &sites, Source source, Visit &&visit) {
  std::unordered_map<std::uint64_t, Live> blocks;
  for (std::size_t i = 0; i < all.start.size(); ++i) {
    stopPoint(i);
    if (Source(static_cast<std::uint8_t>(all.allocator[i]), all.device[i].value) != source)
      continue;
    if (all.action[i] == AllocationAction::kAllocate) {
      const SiteIndex site = sites.of(all.location[i], all.stack[i]);
      blocks[all.address[i]] = {all.bytes[i], site};
      visit(i, all.bytes[i], site);
    } else if (all.action[i] == AllocationAction::kFree) {
      const auto found = blocks.find(all.address[i]);
      if (found == blocks.end()) continue; // taken before the recording began
      visit(i, -found->second.bytes, found->second.site);
      blocks.erase(found);
    }
  }
}

} // namespace

MemoryModel buildMemoryModel(const TraceView &trace) {
  const AllocationColumns &all = trace->allocations;
  MemoryModel model;
  const SiteTable sites(trace);
  std::map<Source, std::int64_t> taken;
  for (std::size_t i = 0; i < all.start.size(); ++i) {
    stopPoint(i);
    if (all.action[i] == AllocationAction::kAllocate)
      taken[{static_cast<std::uint8_t>(all.allocator[i]), all.device[i].value}] += all.bytes[i];
  }
  if (taken.empty()) return model;
  const Source source =
      std::max_element(taken.begin(), taken.end(), [](const auto &a, const auto &b) {
        return a.second < b.second;
      })->first;
  constexpr const char *kNames[] = {"memory", "CPU memory",     "GPU memory", "cudaMalloc",
                                    "pinned", "stream ordered", "virtual",    "managed"};
  model.allocator = kNames[source.first < 8 ? source.first : 0];

  std::int64_t live = 0;
  std::size_t peakRow = 0;
  follow(all, sites, source, [&](std::size_t row, std::int64_t bytes, SiteIndex) {
    live += bytes;
    if (live > model.peakBytes) {
      model.peakBytes = live;
      peakRow = row;
    }
  });
  model.peakTime = all.start[peakRow].count;
  std::vector<MemorySite> bySite(sites.size());
  follow(all, sites, source, [&](std::size_t row, std::int64_t bytes, SiteIndex site) {
    MemorySite &entry = bySite[site];
    if (row <= peakRow) {
      entry.atPeak += bytes;
      entry.blocksAtPeak += bytes >= 0 ? 1 : -1;
    }
    if (all.action[row] == AllocationAction::kAllocate) {
      entry.allocated += bytes;
      ++entry.allocations;
    }
  });
  for (std::size_t i = 0; i < bySite.size(); ++i) {
    if (bySite[i].allocations == 0) continue;
    bySite[i].place = sites.site(static_cast<SiteIndex>(i));
    bySite[i].site = bySite[i].place.text();
    model.sites.push_back(std::move(bySite[i]));
  }
  std::stable_sort(model.sites.begin(), model.sites.end(),
                   [](const MemorySite &a, const MemorySite &b) {
                     return a.atPeak != b.atPeak ? a.atPeak > b.atPeak : a.allocated > b.allocated;
                   });
  return model;
}

} // namespace hotloop::gui
