#include "analyzers/rules/hl104_expert_loop/expert_runs.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

constexpr std::uint32_t kMinimumIterations = 3; // two experts were measured to gain nothing

constexpr std::array<std::string_view, 9> kProducts = {
    "aten::mm",     "aten::addmm",  "aten::bmm",   "aten::baddbmm",          "aten::linear",
    "aten::matmul", "aten::einsum", "aten::addmv", "aten::_addmm_activation"};
// Rows picked out for an expert, or put back.
constexpr std::array<std::string_view, 13> kMoves = {
    "aten::index",        "aten::index_select", "aten::masked_select", "aten::gather",
    "aten::index_add",    "aten::index_add_",   "aten::index_put_",    "aten::scatter_add",
    "aten::scatter_add_", "aten::scatter_",     "aten::index_copy_",   "aten::where",
    "aten::nonzero"};
// The choice of the rows.
constexpr std::array<std::string_view, 12> kSelections = {
    "aten::eq",     "aten::ne",      "aten::any",       "aten::all",
    "aten::select", "aten::sum",     "aten::__and__",   "aten::logical_and",
    "aten::to",     "aten::squeeze", "aten::unsqueeze", "aten::numel"};

std::string lowerCase(std::string_view text) {
  std::string result(text);
  for (char &c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

bool isOncePerLayer(std::string_view name) {
  if (name.find("linalg") != std::string_view::npos) return false;
  for (const std::string_view part : {"softmax", "topk", "layer_norm", "rms_norm", "group_norm",
                                      "batch_norm", "attention", "::sort", "::argsort"})
    if (name.find(part) != std::string_view::npos) return true;
  return false;
}

} // namespace

ExpertRuns::ExpertRuns(const RuleInput &input)
    : input_(input), products_(input, kProducts), moves_(input, kMoves),
      selections_(input, kSelections), perLayer_(input.trace->strings.size()) {
  std::vector<bool> layerName(perLayer_.size());
  for (std::uint32_t id = 1; id < perLayer_.size(); ++id) {
    const std::string_view name = input.trace.text(StringId(id));
    perLayer_[id] = isOncePerLayer(name);
    const std::string small = lowerCase(name);
    layerName[id] = (small.find("layer") != small.npos || small.find("block") != small.npos) &&
                    small.find("expert") == small.npos;
  }
  const auto &ranges = input.trace->ranges;
  for (std::uint32_t row = 0; row < ranges.start.size(); ++row) {
    if (ranges.kind[row] != RangeKind::kPushPop || ranges.name[row].value >= layerName.size() ||
        !layerName[ranges.name[row].value])
      continue;
    const std::uint32_t lane = ranges.lane[row].value;
    if (lane >= layersOfThread_.size()) layersOfThread_.resize(lane + 1);
    layersOfThread_[lane].push_back(row);
  }
}

std::uint32_t ExpertRuns::layerOf(std::uint32_t op) const {
  const auto &ops = input_.trace->ops;
  const auto &ranges = input_.trace->ranges;
  const std::uint32_t lane = ops.lane[op].value;
  if (lane >= layersOfThread_.size()) return kNoIndex;
  const auto &rows = layersOfThread_[lane];
  auto after = std::ranges::upper_bound(rows, ops.start[op], {},
                                        [&](std::uint32_t row) { return ranges.start[row]; });
  // Layers rarely nest deeply, so the one around is among the last few that began.
  for (int tries = 0; after != rows.begin() && tries < 8; ++tries) {
    const std::uint32_t row = *--after;
    if (endOf(ranges.start[row], ranges.duration[row]) > ops.start[op]) return row;
  }
  return kNoIndex;
}

ExpertRuns::Token ExpertRuns::tokenOf(std::uint32_t op) const {
  const SiteIndex site = input_.ops.site[op];
  const std::uint64_t place =
      site != 0 ? std::uint64_t{site} << 32 : std::uint64_t{input_.ops.path[op]};
  return {place, input_.trace->ops.name[op].value};
}

bool ExpertRuns::isBoundary(std::uint32_t op, std::uint32_t anchor, std::uint32_t anchorCount,
                            const std::map<Token, std::vector<std::size_t>> &places) const {
  if (perLayer_[input_.trace->ops.name[op].value]) return true;
  const Site &here = input_.sites.site(input_.ops.site[op]);
  const Site &loop = input_.sites.site(input_.ops.site[anchor]);
  if (here.line == 0 || here.line >= loop.line || here.file != loop.file ||
      here.function != loop.function)
    return false;
  const auto found = places.find(tokenOf(op));
  return found != places.end() && found->second.size() * 3 <= anchorCount;
}

std::vector<LoopRun>
ExpertRuns::split(const CalledRun &run, std::span<const std::size_t> anchors,
                  const std::map<Token, std::vector<std::size_t>> &places) const {
  const auto count = static_cast<std::uint32_t>(anchors.size());
  const auto cut = [&](std::size_t op) {
    return isBoundary(run.ops[op].op, run.ops[anchors.front()].op, count, places);
  };
  std::vector<LoopRun> loops;
  std::uint32_t layer = kNoIndex;
  for (std::size_t k = 0; k < anchors.size(); ++k) {
    const std::uint32_t anchor = run.ops[anchors[k]].op;
    const std::uint32_t nextLayer = layerOf(anchor);
    bool isNew = k == 0 || nextLayer != layer;
    for (std::size_t op = k == 0 ? 0 : anchors[k - 1] + 1; !isNew && op < anchors[k]; ++op)
      isNew = cut(op);
    layer = nextLayer;
    if (isNew) loops.push_back({anchors[k], anchors[k], 0, anchor, 0});
    loops.back().last = anchors[k];
    ++loops.back().iterations;
  }
  for (LoopRun &loop : loops) widen(run, loop, cut);
  return loops;
}

// The first turn begins before its anchor and the last goes on behind it, with what the other turns
// do.
void ExpertRuns::widen(const CalledRun &run, LoopRun &loop,
                       const std::function<bool(std::size_t)> &cut) const {
  if (loop.iterations < kMinimumIterations) return;
  std::set<Token> body;
  for (std::size_t op = loop.first; op < loop.last; ++op) body.insert(tokenOf(run.ops[op].op));
  const std::size_t turn = (loop.last - loop.first) / (loop.iterations - 1);
  const std::uint32_t home = layerOf(loop.anchor);
  const auto belongs = [&](std::size_t op) {
    return body.contains(tokenOf(run.ops[op].op)) && !cut(op) && layerOf(run.ops[op].op) == home;
  };
  for (std::size_t more = 1; more < turn && loop.last + 1 < run.ops.size(); ++more) {
    if (!belongs(loop.last + 1)) break;
    ++loop.last;
  }
  for (std::size_t more = 1; more < turn && loop.first > 0; ++more) {
    if (!belongs(loop.first - 1)) break;
    --loop.first;
  }
  for (std::size_t op = loop.first; op <= loop.last; ++op) loop.syncs += run.ops[op].syncs;
}

bool ExpertRuns::looksLikeExperts(const CalledRun &run, const LoopRun &loop) const {
  if (loop.iterations < kMinimumIterations) return false;
  bool product = false;
  bool move = false;
  for (std::size_t i = loop.first; i <= loop.last; ++i) {
    const StringId name = input_.trace->ops.name[run.ops[i].op];
    product = product || products_.contains(name);
    move = move || moves_.contains(name);
  }
  return product && move && 2 * loop.syncs >= loop.iterations;
}

std::vector<LoopRun> ExpertRuns::find(const CalledRun &run) const {
  std::map<Token, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < run.ops.size(); ++i) places[tokenOf(run.ops[i].op)].push_back(i);
  std::vector<const std::vector<std::size_t> *> anchors;
  for (const auto &[token, rows] : places)
    if (rows.size() >= kMinimumIterations && run.ops[rows.front()].syncs > 0)
      anchors.push_back(&rows);
  std::ranges::stable_sort(anchors, [](const auto *a, const auto *b) {
    return a->size() != b->size() ? a->size() > b->size() : a->front() < b->front();
  });

  std::vector<LoopRun> result;
  std::vector<bool> taken(run.ops.size());
  for (const auto *rows : anchors) {
    std::vector<std::size_t> open;
    for (const std::size_t row : *rows)
      if (!taken[row]) open.push_back(row);
    if (open.size() < kMinimumIterations) continue;
    for (const LoopRun &loop : split(run, open, places)) {
      if (!looksLikeExperts(run, loop)) continue;
      std::fill(taken.begin() + static_cast<std::ptrdiff_t>(loop.first),
                taken.begin() + static_cast<std::ptrdiff_t>(loop.last) + 1, true);
      result.push_back(loop);
    }
  }
  return result;
}

bool ExpertRuns::isRouting(const CalledOp &called) const {
  const StringId name = input_.trace->ops.name[called.op];
  return called.syncs > 0 || moves_.contains(name) || selections_.contains(name);
}

} // namespace hotloop
