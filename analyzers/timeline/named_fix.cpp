#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analyzers/timeline/transforms.h"

namespace hotloop {

namespace {

constexpr std::array<std::string_view, 16> kNames = {
    "remove-sync",    "defer-sync",      "unblock",         "async-copy",
    "side-stream",    "coalesce-copies", "overlap-streams", "remove-alloc",
    "drop-recompute", "remove-host",     "remove-line",     "remove-op",
    "graph",          "retype",          "scale-kernel",    "merge-launches"};

std::vector<std::uint32_t> opsNamed(const TraceView &trace, std::string_view name) {
  std::vector<std::uint32_t> rows;
  const StringId id = trace->strings.find(name);
  if (!id) return rows;
  for (std::uint32_t i = 0; i < trace->ops.start.size(); ++i)
    if (trace->ops.name[i] == id) rows.push_back(i);
  return rows;
}

Result<Edit> scaled(const WhatIf &whatIf, std::string_view value) {
  const std::size_t colon = value.rfind(':');
  double factor = -1;
  if (colon != value.npos)
    std::from_chars(value.data() + colon + 1, value.data() + value.size(), factor);
  if (colon == value.npos || !(factor >= 0))
    return Unexpected(invalidInput("scale-kernel needs part of a kernel's name and a factor, for "
                                   "instance scale-kernel=gemm:0.5"));
  return scaleKernels(whatIf, factor, value.substr(0, colon));
}

Edit mergeLaunches(const WhatIf &whatIf, std::string_view name) {
  std::vector<Group> groups;
  for (const std::uint32_t op : opsNamed(whatIf.trace(), name)) groups.push_back({{op}});
  Edit edit = fuseOps(whatIf, groups, 1.0);
  edit.name = fmt::format("merge-launches={}", name);
  return edit;
}

} // namespace

std::span<const std::string_view> fixNames() { return kNames; }

Result<Edit> namedFix(const WhatIf &whatIf, std::string_view fix) {
  const std::size_t equals = fix.find('=');
  const std::string_view name = fix.substr(0, equals);
  const std::string_view value = equals == fix.npos ? std::string_view() : fix.substr(equals + 1);
  if (equals != fix.npos && value.empty())
    return Unexpected(invalidInput(
        fmt::format("fix '{}' has nothing behind '='; leave the '=' out to mean every site", fix)));
  const Where where{std::string(value), {}, {}};
  const auto needs = [&](std::string_view what, std::string_view example) {
    return Unexpected(invalidInput(
        fmt::format("fix '{}' needs {}, for instance {}={}", name, what, name, example)));
  };
  if (name == "remove-sync") return removeSyncs(whatIf, where);
  if (name == "defer-sync") return deferSyncs(whatIf, where);
  if (name == "unblock") return unblock(whatIf, where);
  if (name == "async-copy") return asyncCopies(whatIf, where);
  if (name == "side-stream") return moveCopies(whatIf, where);
  if (name == "coalesce-copies") return coalesceCopies(whatIf, where);
  if (name == "overlap-streams") return overlapStreams(whatIf, where);
  if (name == "remove-alloc") return removeAllocations(whatIf, where);
  if (name == "retype") return retype(whatIf, where);
  if (name == "graph") return graph(whatIf, value);
  if (name == "drop-recompute") {
    if (!value.empty())
      return Unexpected(invalidInput("fix 'drop-recompute' is for the whole step: leave out the "
                                     "value"));
    return dropRecompute(whatIf);
  }
  if (name == "remove-host")
    return value.empty() ? removeHostGaps(whatIf) : removeRange(whatIf, value);
  if (name == "remove-line") {
    if (value.find(':') == value.npos) return needs("a line of the program", "train.py:12");
    return removeLine(whatIf, value);
  }
  if (name == "remove-op") {
    if (value.empty()) return needs("the name of an operator", "aten::mul");
    Edit edit = removeOps(whatIf, opsNamed(whatIf.trace(), value));
    edit.name = fmt::format("remove-op={}", value);
    return edit;
  }
  if (name == "scale-kernel") return scaled(whatIf, value);
  if (name == "merge-launches") {
    if (value.empty()) return needs("the name of an operator", "aten::mul");
    return mergeLaunches(whatIf, value);
  }
  return Unexpected(
      invalidInput(fmt::format("unknown fix '{}' (one of {})", name, fmt::join(kNames, ", "))));
}

} // namespace hotloop
