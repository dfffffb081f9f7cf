#include "analyzers/counters/sites.h"

namespace hotloop {

namespace {

// Every run of digits becomes one '*', so that numbered ranges are one.
std::string withoutNumbers(std::string_view name) {
  std::string result;
  bool inNumber = false;
  for (const char c : name) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit)
      result.push_back(c);
    else if (!inNumber)
      result.push_back('*');
    inNumber = digit;
  }
  return result;
}

} // namespace

RangePaths::RangePaths() : nodes_(1) {}

PathIndex RangePaths::child(PathIndex parent, std::string_view rangeName) {
  const StringId name = names_.intern(withoutNumbers(rangeName));
  const std::uint64_t key = static_cast<std::uint64_t>(parent) << 32 | name.value;
  const auto [entry, isNew] = children_.try_emplace(key, static_cast<PathIndex>(nodes_.size()));
  if (isNew) nodes_.push_back({parent, nodes_[parent].depth + 1, name});
  return entry->second;
}

std::string RangePaths::text(PathIndex path) const {
  std::string text;
  for (; path != 0; path = nodes_[path].parent) {
    std::string name(names_.text(nodes_[path].name));
    text = text.empty() ? std::move(name) : name + "/" + text;
  }
  return text;
}

PathIndex RangePaths::commonPrefix(PathIndex a, PathIndex b) const {
  while (a != b) {
    if (nodes_[a].depth >= nodes_[b].depth)
      a = nodes_[a].parent;
    else
      b = nodes_[b].parent;
  }
  return a;
}

bool RangePaths::within(PathIndex path, PathIndex ancestor) const {
  return commonPrefix(path, ancestor) == ancestor;
}

} // namespace hotloop
