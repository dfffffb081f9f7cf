#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "analyzers/rules/called_ops.h"

namespace hotloop {

// One execution of a loop: operators [first, last] of a CalledRun, `iterations` times around.
struct LoopRun {
  std::size_t first = 0;
  std::size_t last = 0; // inclusive
  std::uint32_t iterations = 0;
  std::uint32_t anchor = kNoIndex; // row of the operator that marks the iterations: its first one
  std::uint32_t syncs = 0;
};

// Finds the loops in a step that wait in every iteration and look like a loop over experts:
//   a synchronising operator at one place (the anchor) comes back at least 3 times,
//   its repetitions are not cut by what happens once per layer: the end of an NVTX range named
//   "layer" or "block", a softmax, top-k, normalisation or attention, or an operator of the
//   anchor's function at an earlier line that runs at most a third as often as the anchor, and
//   between them there is a matrix product and a gather or a scatter.
// Operators belong to one loop only; the anchor that comes back most often wins.
class ExpertRuns {
public:
  explicit ExpertRuns(const RuleInput &input);
  std::vector<LoopRun> find(const CalledRun &run) const;

  // Routing work, which goes away when the experts run as one: no matrix product, no activation.
  bool isRouting(const CalledOp &called) const;

private:
  using Token = std::pair<std::uint64_t, std::uint32_t>; // place, name
  Token tokenOf(std::uint32_t op) const;
  bool isBoundary(std::uint32_t op, std::uint32_t anchor, std::uint32_t anchorCount,
                  const std::map<Token, std::vector<std::size_t>> &places) const;
  // Range named "layer" or "block" that `op` lies in: its row, or kNoIndex.
  std::uint32_t layerOf(std::uint32_t op) const;
  std::vector<LoopRun> split(const CalledRun &run, std::span<const std::size_t> anchors,
                             const std::map<Token, std::vector<std::size_t>> &places) const;
  void widen(const CalledRun &run, LoopRun &loop,
             const std::function<bool(std::size_t)> &cut) const;
  bool looksLikeExperts(const CalledRun &run, const LoopRun &loop) const;

  const RuleInput &input_;
  NameSet products_, moves_, selections_;
  std::vector<bool> perLayer_;                             // by StringId: once per layer by nature
  std::vector<std::vector<std::uint32_t>> layersOfThread_; // range rows by start, by thread id
};

} // namespace hotloop
