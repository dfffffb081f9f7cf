#include "analyzers/rules/loop_finder.h"

#include <algorithm>

#include "analyzers/steps/lanes.h"

namespace hotloop {

namespace {

// A turn longer than this is a layer, not the body of a small loop.
constexpr std::size_t kLongestTurn = 24;

class Finder {
public:
  Finder(const RuleInput &input, const CalledRun &run) : input_(input), run_(run) {}

  bool alike(std::size_t a, std::size_t b) const {
    return input_.trace->ops.name[run_.ops[a].op] == input_.trace->ops.name[run_.ops[b].op] &&
           input_.ops.site[run_.ops[a].op] == input_.ops.site[run_.ops[b].op];
  }

  // How often the `length` operators at `first` repeat from there on.
  std::uint32_t turnsFrom(std::size_t first, std::size_t length) const {
    std::uint32_t turns = 1;
    for (std::size_t next = first + length; next + length <= run_.ops.size(); next += length) {
      for (std::size_t k = 0; k < length; ++k)
        if (!alike(first + k, next + k)) return turns;
      ++turns;
    }
    return turns;
  }

private:
  const RuleInput &input_;
  const CalledRun &run_;
};

} // namespace

std::vector<RepeatedLoop> findLoops(const RuleInput &input, const CalledRun &run,
                                    const NameSet &anchors, std::uint32_t leastTurns) {
  std::vector<RepeatedLoop> loops;
  const Finder finder(input, run);
  const auto &names = input.trace->ops.name;
  for (std::size_t i = 0; i + 1 < run.ops.size();) {
    std::size_t after = i + 1;
    if (anchors.contains(names[run.ops[i].op])) {
      const std::size_t farthest = std::min(run.ops.size(), i + 1 + kLongestTurn);
      for (std::size_t next = i + 1; next < farthest; ++next) {
        if (!finder.alike(i, next)) continue;
        const std::uint32_t turns = finder.turnsFrom(i, next - i);
        if (turns < leastTurns) continue;
        loops.push_back({i, i + turns * (next - i) - 1, turns});
        after = loops.back().last + 1;
        break;
      }
    }
    i = after;
  }
  return loops;
}

HostLoop hostLoop(const RuleInput &input, const CalledRun &run, std::size_t first, std::size_t last,
                  std::uint32_t turns) {
  const OpColumns &ops = input.trace->ops;
  const std::uint32_t end = run.ops[last].op;
  return {run.lane, ops.start[run.ops[first].op].count,
          endOf(ops.start[end], ops.duration[end]).count, static_cast<double>(turns)};
}

} // namespace hotloop
