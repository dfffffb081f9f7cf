#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "kernels/gating/gating.h"
#include "kernels/harness/compare.h"

namespace hotloop::kernels {
namespace {

struct Case {
  GatingShape shape;
  LogitKind kind;
  std::string name() const {
    return "T=" + std::to_string(shape.tokens) + " E=" + std::to_string(shape.experts) +
           " k=" + std::to_string(shape.topK) + " " + nameOf(kind);
  }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const GatingShape shape :
       {GatingShape{1, 1, 1}, GatingShape{1, 8, 2}, GatingShape{16, 8, 8}, GatingShape{17, 7, 3},
        GatingShape{33, 60, 4}, GatingShape{100, 128, 8}, GatingShape{5, 200, 1}})
    for (const LogitKind kind : kLogitKinds) all.push_back({shape, kind});
  return all;
}

template <class T> struct Forward {
  std::vector<T> logits, weights, lse, probabilities;
  std::vector<std::int64_t> ids, counts;
  T squaredLse = 0;

  Forward(const GatingShape &s, const std::vector<float> &input)
      : logits(input.begin(), input.end()), weights(size(s.tokens * s.topK)), lse(size(s.tokens)),
        probabilities(size(s.experts)), ids(size(s.tokens * s.topK)), counts(size(s.experts)) {}
  static std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }
  GatingForward<T> args(const GatingShape &s) {
    return {s, logits.data(), weights.data(), ids.data(), lse.data()};
  }
  GatingSums<T> sums() { return {probabilities.data(), counts.data(), &squaredLse}; }
};

TEST(Gating, EveryVariantMatchesTheReferenceInDouble) {
  for (const Case &c : cases()) {
    const std::vector<float> logits = makeLogits(c.kind, c.shape.tokens, c.shape.experts, 7);
    Forward<double> expected(c.shape, logits);
    gatingForwardReference(expected.args(c.shape), expected.sums(), 0, c.shape.tokens);
    for (const GatingVariant &variant : gatingVariants()) {
      SCOPED_TRACE(c.name() + " " + std::string(variant.name));
      Forward<float> got(c.shape, logits);
      variant.forward(got.args(c.shape), got.sums(), 0, c.shape.tokens);
      EXPECT_EQ(got.ids, expected.ids);
      EXPECT_EQ(got.counts, expected.counts);
      EXPECT_LT(largestDifference(got.weights, expected.weights), 2e-6);
      EXPECT_LT(largestDifference(got.lse, expected.lse), 4e-5); // wide: |lse| up to 200
      EXPECT_LT(relativeDifference(got.probabilities, expected.probabilities), 1e-10);
      EXPECT_NEAR(got.squaredLse, expected.squaredLse, 1e-4 * (1 + expected.squaredLse));
    }
  }
}

TEST(Gating, TiesGoToTheLowestExpert) {
  const GatingShape shape{1, 5, 3};
  for (const GatingVariant &variant : gatingVariants()) {
    Forward<float> got(shape, {1, 3, 3, 1, 3});
    variant.forward(got.args(shape), got.sums(), 0, 1);
    EXPECT_EQ(got.ids, (std::vector<std::int64_t>{1, 2, 4})) << variant.name;
    Forward<float> second(shape, {2, 0, 2, 0, 0});
    variant.forward(second.args(shape), second.sums(), 0, 1);
    EXPECT_EQ(second.ids, (std::vector<std::int64_t>{0, 2, 1})) << variant.name;
  }
}

TEST(Gating, RangesOfTokensAddUpToTheWhole) {
  const GatingShape shape{50, 12, 3};
  const std::vector<float> logits = makeLogits(LogitKind::kNormal, 50, 12, 3);
  for (const GatingVariant &variant : gatingVariants()) {
    Forward<float> whole(shape, logits), parts(shape, logits);
    variant.forward(whole.args(shape), whole.sums(), 0, 50);
    variant.forward(parts.args(shape), parts.sums(), 0, 21);
    variant.forward(parts.args(shape), parts.sums(), 21, 50);
    EXPECT_EQ(whole.ids, parts.ids) << variant.name;
    EXPECT_EQ(whole.counts, parts.counts);
    EXPECT_EQ(whole.lse, parts.lse);
    for (std::size_t e = 0; e < 12; ++e)
      EXPECT_NEAR(whole.probabilities[e], parts.probabilities[e], 1e-5);
  }
}

template <class T> struct BackwardCase {
  Forward<T> forward;
  std::vector<T> dWeights, balance, dLogits;
  T z = T(0.3);

  BackwardCase(const GatingShape &s, const std::vector<float> &logits)
      : forward(s, logits), dLogits(static_cast<std::size_t>(s.tokens * s.experts), T(99)) {
    const std::vector<float> dw = makeUniform(s.tokens * s.topK, 11),
                             g = makeUniform(s.experts, 12);
    dWeights.assign(dw.begin(), dw.end());
    balance.assign(g.begin(), g.end());
  }
  GatingBackward<T> args(const GatingShape &s) {
    return {s,
            forward.logits.data(),
            forward.lse.data(),
            forward.weights.data(),
            forward.ids.data(),
            dWeights.data(),
            balance.data(),
            z,
            dLogits.data()};
  }
};

TEST(Gating, EveryBackwardMatchesTheReferenceInDouble) {
  for (const Case &c : cases()) {
    const std::vector<float> logits = makeLogits(c.kind, c.shape.tokens, c.shape.experts, 8);
    BackwardCase<double> expected(c.shape, logits);
    gatingForwardReference(expected.forward.args(c.shape), expected.forward.sums(), 0,
                           c.shape.tokens);
    gatingBackwardReference(expected.args(c.shape), 0, c.shape.tokens);
    for (const GatingVariant &variant : gatingVariants()) {
      SCOPED_TRACE(c.name() + " " + std::string(variant.name));
      BackwardCase<float> got(c.shape, logits);
      variant.forward(got.forward.args(c.shape), got.forward.sums(), 0, c.shape.tokens);
      variant.backward(got.args(c.shape), 0, c.shape.tokens);
      // Gradients scale with lse, which is large for wide logits.
      EXPECT_LT(relativeDifference(got.dLogits, expected.dLogits), 1e-8);
      EXPECT_LT(largestDifference(got.dLogits, expected.dLogits),
                c.kind == LogitKind::kWide ? 2e-3 : 1e-5);
    }
  }
}

// The formula itself against finite differences: f = <dw, weights> + <g, sum_t p_t> + z/2 sum
// lse^2.
TEST(Gating, ReferenceBackwardIsTheDerivative) {
  const GatingShape shape{3, 6, 2};
  BackwardCase<double> c(shape, makeLogits(LogitKind::kNormal, 3, 6, 5));
  gatingForwardReference(c.forward.args(shape), c.forward.sums(), 0, 3);
  gatingBackwardReference(c.args(shape), 0, 3);
  const auto objective = [&](const std::vector<double> &logits) {
    Forward<double> f(shape, std::vector<float>(18));
    f.logits = logits;
    gatingForwardReference(f.args(shape), f.sums(), 0, 3);
    double value = c.z / 2 * f.squaredLse;
    for (std::size_t i = 0; i < f.weights.size(); ++i) value += c.dWeights[i] * f.weights[i];
    for (std::size_t e = 0; e < f.probabilities.size(); ++e)
      value += c.balance[e] * f.probabilities[e];
    return value;
  };
  for (std::size_t i = 0; i < 18; ++i) {
    std::vector<double> up = c.forward.logits, down = up;
    up[i] += 1e-5;
    down[i] -= 1e-5;
    EXPECT_NEAR(c.dLogits[i], (objective(up) - objective(down)) / 2e-5, 1e-8) << i;
  }
}

TEST(Gating, CostCountsEveryByteOnce) {
  EXPECT_EQ(gatingForwardCost({10, 8, 2}).bytes, 10 * 8 * 4 + 20 * 12 + 40);
  EXPECT_EQ(gatingBackwardCost({10, 8, 2}).bytes, 10 * 8 * 8 + 20 * 16 + 40);
}

} // namespace
} // namespace hotloop::kernels
