#include <array>

#include "kernels/gating/variants.h"

namespace hotloop::kernels {

std::span<const GatingVariant> gatingVariants() {
  using namespace gating;
  static constexpr std::array<GatingVariant, 3> kVariants{{
      {"plain", "softmax to memory, then k scans for the top k", forwardPlain, backwardPlain},
      {"one_pass", "insertion into the k best while reading, each exp computed once",
       forwardOnePass, backwardOnePass},
      {"token_lanes", "one token per lane of a vector, no branch, no reduction across lanes",
       forwardLanes, backwardLanes},
  }};
  return kVariants;
}

GatingCost gatingForwardCost(const GatingShape &s) {
  const double table = static_cast<double>(s.tokens) * static_cast<double>(s.experts);
  const double chosen = static_cast<double>(s.tokens) * static_cast<double>(s.topK);
  return {table * 4 + chosen * (4 + 8) + static_cast<double>(s.tokens) * 4,
          table * 13 + chosen * 12};
}

GatingCost gatingBackwardCost(const GatingShape &s) {
  const double table = static_cast<double>(s.tokens) * static_cast<double>(s.experts);
  const double chosen = static_cast<double>(s.tokens) * static_cast<double>(s.topK);
  return {table * 8 + chosen * (4 + 4 + 8) + static_cast<double>(s.tokens) * 4,
          table * 17 + chosen * 4};
}

} // namespace hotloop::kernels
