#include "analyzers/counters/sites.h"

#include <algorithm>
#include <tuple>

#include "analyzers/counters/function_name.h"
#include "core/trace/meta_keys.h"

namespace hotloop {

namespace {

struct PlaceKey {
  std::uint32_t file, line, function, module;
  bool operator==(const PlaceKey &) const = default;
};
struct PlaceHash {
  std::size_t operator()(const PlaceKey &key) const {
    std::uint64_t hash = key.file;
    for (const std::uint32_t part : {key.line, key.function, key.module})
      hash = (hash ^ part) * 0x9E3779B97F4A7C15ull;
    return static_cast<std::size_t>(hash ^ (hash >> 32));
  }
};

// Files below the folder that the program ran in are named from there, as its author does.
std::string_view fromFolder(std::string_view file, std::string_view folder) {
  if (folder.size() > 1 && file.starts_with(folder) && file.size() > folder.size() + 1 &&
      file[folder.size()] == '/')
    return file.substr(folder.size() + 1);
  return file;
}

} // namespace

SiteTable::SiteTable(const TraceView &trace) {
  const std::string_view folder = trace.meta(meta_key::kWorkingDirectory);
  const auto &frames = trace->frames;
  const auto &stacks = trace->stacks;
  sites_.emplace_back();
  ofFrame_.resize(frames.id.size());
  std::unordered_map<PlaceKey, SiteIndex, PlaceHash> known;
  for (std::size_t i = 0; i < ofFrame_.size(); ++i) {
    const bool hasFile = static_cast<bool>(frames.file[i]);
    if (!hasFile && !frames.function[i] && !frames.module[i]) continue;
    const PlaceKey key{frames.file[i].value, hasFile ? frames.line[i] : 0, frames.function[i].value,
                       hasFile ? 0 : frames.module[i].value};
    const auto [entry, isNew] = known.try_emplace(key, static_cast<SiteIndex>(sites_.size()));
    ofFrame_[i] = entry->second;
    if (!isNew) continue;
    Site site;
    site.file = fromFolder(trace.text(hasFile ? frames.file[i] : frames.module[i]), folder);
    site.line = key.line;
    const std::string_view function = trace.text(frames.function[i]);
    site.function = frames.kind[i] == FrameKind::kNative ? functionName(function) : function;
    sites_.push_back(std::move(site));
  }

  // The user's frame of a chain of inlined calls: `frame`, else the callers it was inlined into.
  const auto userSite = [&](FrameId frame) -> SiteIndex {
    for (std::size_t guard = 0; frame && frame.value <= ofFrame_.size() && guard < 64; ++guard) {
      if (frames.user[frame.value - 1]) return ofFrame(frame);
      frame = frames.inlinedInto[frame.value - 1];
    }
    return 0;
  };
  // A stack has the site of its leaf, else that of its parent; parents may have any id.
  constexpr SiteIndex kOpen = 0xFFFFFFFFu;
  constexpr SiteIndex kBusy = 0xFFFFFFFEu;
  ofStack_.assign(stacks.id.size(), kOpen);
  std::vector<std::uint32_t> path;
  for (std::uint32_t i = 0; i < ofStack_.size(); ++i) {
    std::uint32_t at = i;
    SiteIndex found = 0;
    path.clear();
    while (true) {
      if (ofStack_[at] != kOpen) {
        found = ofStack_[at] == kBusy ? 0 : ofStack_[at]; // busy: a cycle in a damaged file
        break;
      }
      ofStack_[at] = kBusy;
      path.push_back(at);
      found = userSite(stacks.frame[at]);
      const std::uint32_t parent = stacks.parent[at].value;
      if (found != 0 || parent == 0 || parent > ofStack_.size()) break;
      at = parent - 1;
    }
    for (const std::uint32_t node : path) ofStack_[node] = found;
  }
}

SiteIndex SiteTable::ofFrame(FrameId frame) const {
  return frame.value == 0 || frame.value > ofFrame_.size() ? 0 : ofFrame_[frame.value - 1];
}

SiteIndex SiteTable::ofStack(StackId stack) const {
  return stack.value == 0 || stack.value > ofStack_.size() ? 0 : ofStack_[stack.value - 1];
}

SiteIndex SiteTable::of(FrameId location, StackId stack) const {
  const SiteIndex site = ofFrame(location);
  return site != 0 ? site : ofStack(stack);
}

} // namespace hotloop
