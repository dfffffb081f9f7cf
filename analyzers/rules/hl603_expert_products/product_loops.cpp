#include "analyzers/rules/hl603_expert_products/product_loops.h"

namespace hotloop {

namespace {

constexpr std::uint32_t kTurns = 4;

constexpr std::string_view kPicks[] = {"aten::select", "aten::slice",        "aten::narrow",
                                       "aten::index",  "aten::index_select", "aten::gather"};
constexpr std::string_view kProducts[] = {"aten::mm",     "aten::addmm",  "aten::bmm",
                                          "aten::linear", "aten::matmul", "aten::einsum",
                                          "aten::mv",     "aten::baddbmm"};

} // namespace

ProductLoops::ProductLoops(const RuleInput &input)
    : input_(input), picks_(input, kPicks), products_(input, kProducts) {}

std::vector<ProductLoop> ProductLoops::find(const CalledRun &run) const {
  std::vector<ProductLoop> found;
  for (const RepeatedLoop &loop : findLoops(input_, run, picks_, kTurns)) {
    double count = 0;
    for (std::size_t k = loop.first; k <= loop.last; ++k)
      if (products_.contains(input_.trace->ops.name[run.ops[k].op])) ++count;
    if (count >= loop.turns) found.push_back({loop, count});
  }
  return found;
}

} // namespace hotloop
