#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "kernels/gating/gating.h"
#include "kernels/harness/compare.h"
#include "kernels/moe_ops/moe_sizes.h"
#include "kernels/moe_ops/reference.h"

namespace hotloop::kernels {
namespace {

std::vector<double> numbers(std::int64_t count, std::uint64_t seed, double scale) {
  const std::vector<float> values = makeUniform(count, seed);
  std::vector<double> scaled;
  for (const float v : values) scaled.push_back(scale * static_cast<double>(v));
  return scaled;
}

struct Problem {
  MoeShape shape;
  MoeNumbers numbers;
  std::vector<double> dOut, balance;
  double z = 0.3;
  std::vector<std::int32_t> ids; // kept while numbers are moved a little

  std::vector<double> softmaxOver(const std::vector<double> &logits) const {
    std::vector<double> weights;
    const std::int64_t k = shape.topK, experts = shape.experts;
    for (std::int64_t t = 0; t < shape.tokens; ++t) {
      double sum = 0;
      for (std::int64_t j = 0; j < k; ++j)
        sum += std::exp(logits[static_cast<std::size_t>(t * experts +
                                                        ids[static_cast<std::size_t>(t * k + j)])]);
      for (std::int64_t j = 0; j < k; ++j)
        weights.push_back(std::exp(logits[static_cast<std::size_t>(
                              t * experts + ids[static_cast<std::size_t>(t * k + j)])]) /
                          sum);
    }
    return weights;
  }

  // What the backward pass is the gradient of: <out, dOut> + sum_te g_e p_te + z / 2 sum_t lse^2.
  double objective() const {
    const std::vector<double> logits = moeLogits(shape, numbers);
    const MoeForwardResult f = moeForward(shape, numbers, {ids, softmaxOver(logits)});
    double sum = 0;
    for (std::size_t i = 0; i < f.out.size(); ++i) sum += f.out[i] * dOut[i];
    for (std::int64_t t = 0; t < shape.tokens; ++t) {
      double powers = 0;
      for (std::int64_t e = 0; e < shape.experts; ++e)
        powers += std::exp(logits[static_cast<std::size_t>(t * shape.experts + e)]);
      for (std::int64_t e = 0; e < shape.experts; ++e)
        sum += balance[static_cast<std::size_t>(e)] *
               std::exp(logits[static_cast<std::size_t>(t * shape.experts + e)]) / powers;
      sum += z / 2 * std::log(powers) * std::log(powers);
    }
    return sum;
  }
};

Problem makeProblem(ExpertActivation activation) {
  Problem p;
  p.shape = {5, 8, 16, 4, 2, activation};
  const MoeShape &s = p.shape;
  p.numbers = {numbers(s.tokens * s.dim, 1, 1), numbers(s.experts * s.dim, 2, 1),
               numbers(s.experts * s.hiddenColumns() * s.dim, 3, 0.5),
               numbers(s.experts * s.dim * s.inner, 4, 0.5)};
  p.dOut = numbers(s.tokens * s.dim, 5, 1);
  p.balance = numbers(s.experts, 6, 1);
  const std::vector<double> logits = moeLogits(s, p.numbers);
  std::vector<double> weights(static_cast<std::size_t>(s.rows())), lse(5), sums(4), squares(1);
  std::vector<std::int64_t> ids(weights.size()), counts(4);
  gatingForwardReference<double>(
      {{s.tokens, s.experts, s.topK}, logits.data(), weights.data(), ids.data(), lse.data()},
      {sums.data(), counts.data(), squares.data()}, 0, s.tokens);
  p.ids.assign(ids.begin(), ids.end());
  return p;
}

class MoeReference : public testing::TestWithParam<ExpertActivation> {};

TEST_P(MoeReference, GradientsAreThoseOfFiniteDifferences) {
  Problem p = makeProblem(GetParam());
  const std::vector<double> logits = moeLogits(p.shape, p.numbers);
  const MoeRouting routing{p.ids, p.softmaxOver(logits)};
  const MoeForwardResult forward = moeForward(p.shape, p.numbers, routing);
  const MoeBackwardResult b =
      moeBackward(p.shape, p.numbers, routing, forward, logits, p.dOut, p.balance, p.z);
  const auto compare = [&](std::vector<double> &variables, const std::vector<double> &gradient,
                           const char *name) {
    ASSERT_EQ(variables.size(), gradient.size());
    for (std::size_t i = 0; i < variables.size(); i += variables.size() / 23 + 1) {
      const double old = variables[i], step = 1e-5;
      variables[i] = old + step;
      const double above = p.objective();
      variables[i] = old - step;
      const double below = p.objective();
      variables[i] = old;
      EXPECT_NEAR((above - below) / (2 * step), gradient[i], 1e-7) << name << " " << i;
    }
  };
  compare(p.numbers.x, b.dx, "dx");
  compare(p.numbers.gate, b.dGate, "dGate");
  compare(p.numbers.up, b.dUp, "dUp");
  compare(p.numbers.down, b.dDown, "dDown");
}

INSTANTIATE_TEST_SUITE_P(Activations, MoeReference,
                         testing::Values(ExpertActivation::kGelu, ExpertActivation::kSwiglu));

// Every row in exactly one tile of its expert, whatever the routing; never more tiles than the
// bound.
TEST(MoeSchedule, CoversEveryRowOnce) {
  for (const std::vector<std::int32_t> &counts : {std::vector<std::int32_t>{5, 0, 3},
                                                  {0, 0, 1000},
                                                  {64, 128, 129},
                                                  {1, 1, 1},
                                                  {127, 65, 640}}) {
    std::vector<std::int32_t> ends;
    std::int32_t rows = 0;
    for (const std::int32_t count : counts) ends.push_back(rows += count);
    const MoeShape shape{rows, 8, 8, 3, 1, ExpertActivation::kGelu};
    const std::vector<std::int32_t> schedule = moeSchedule(shape, ends);
    for (int list = 0; list < kTileLists; ++list) {
      const std::int32_t tiles = schedule[static_cast<std::size_t>(list)];
      ASSERT_LE(tiles, tileBound(rows, 3, kTileRows[list]));
      std::vector<int> seen(static_cast<std::size_t>(rows));
      for (std::int32_t tile = 0; tile < tiles; ++tile) {
        const std::int32_t *entry =
            schedule.data() + tileListOffset(rows, 3, list) + std::ptrdiff_t{4} * tile;
        const auto height = static_cast<std::int32_t>(kTileRows[list]);
        const std::int32_t first = entry[2] + (tile - entry[1]) * height;
        EXPECT_EQ(entry[3], ends[static_cast<std::size_t>(entry[0])]);
        for (std::int32_t r = first; r < std::min(first + height, entry[3]); ++r)
          ++seen[static_cast<std::size_t>(r)];
      }
      for (const int times : seen) EXPECT_EQ(times, 1);
    }
  }
}

} // namespace
} // namespace hotloop::kernels
