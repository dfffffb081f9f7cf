#include <gtest/gtest.h>

#include "tests/unit/moe/model_fixture.h"

namespace hotloop::moe {
namespace {

// fp32 against double: a few hundred roundings of 6e-8.
constexpr double kFloatTolerance = 3e-6;
// bf16 is held against its peer: the naive loop in bf16, with the same sizes and data.
constexpr double kPeerFactor = 1.5;

void expectClose(const Configuration &c) {
  SCOPED_TRACE(describe(c.toggles));
  const Comparison got = compareWithReference(c);
  if (c.toggles.amp == Amp::kOff) {
    EXPECT_LT(got.output, kFloatTolerance);
    EXPECT_LT(got.loss, 1e-5);
    // With one expert per token the gate's gradient is what is left of terms that cancel.
    EXPECT_LT(got.worstGradient(), (c.sizes.topK == 1 ? 20 : 5) * kFloatTolerance);
    return;
  }
  Configuration peer = c;
  peer.toggles = Toggles{};
  peer.toggles.amp = c.toggles.amp;
  const Comparison naive = compareWithReference(peer);
  EXPECT_LT(naive.output, 1e-2) << "the naive bf16 loop itself";
  EXPECT_LT(got.output, kPeerFactor * naive.output);
  EXPECT_LT(got.gateGradient, kPeerFactor * naive.gateGradient);
  EXPECT_LT(got.upGradient, kPeerFactor * naive.upGradient);
  EXPECT_LT(got.downGradient, kPeerFactor * naive.downGradient);
}

using Setting = std::pair<const char *, const char *>;

class OneToggle : public testing::TestWithParam<Setting> {};

TEST_P(OneToggle, ComputesTheSameFunction) {
  expectClose(with(smallConfiguration(), {GetParam()}));
}

INSTANTIATE_TEST_SUITE_P(
    Alone, OneToggle,
    testing::Values(Setting{"dispatch", "naive"}, Setting{"dispatch", "stacked"},
                    Setting{"dispatch", "dense"}, Setting{"dispatch", "grouped"},
                    Setting{"fusion", "kernels"}, Setting{"amp", "bf16"}, Setting{"amp", "fp16"},
                    Setting{"checkpoint", "full"}, Setting{"checkpoint", "selective"},
                    Setting{"buffers", "reuse"}, Setting{"inplace", "on"}),
    [](const auto &test) { return std::string(test.param.first) + "_" + test.param.second; });

TEST(Equivalence, EveryToggleAtOnce) {
  for (const char *checkpoint : {"off", "full", "selective"})
    for (const char *amp : {"off", "bf16", "fp16"})
      expectClose(with(smallConfiguration(), {{"dispatch", "grouped"},
                                              {"fusion", "kernels"},
                                              {"amp", amp},
                                              {"checkpoint", checkpoint},
                                              {"buffers", "reuse"},
                                              {"inplace", "on"}}));
}

TEST(Equivalence, EveryPairOfValues) {
  const std::vector<Toggles> chosen = pairwiseToggles();
  EXPECT_GE(chosen.size(), 12u); // 4 dispatches x 3 checkpoints alone need that many
  for (const Toggles &toggles : chosen) {
    Configuration c = smallConfiguration();
    c.toggles = toggles;
    expectClose(c);
  }
}

TEST(Equivalence, AwkwardSizes) {
  const Sizes all[] = {{1, 8, 8, 4, 2, 1},   {5, 8, 16, 3, 1, 2},  {9, 16, 8, 4, 4, 1},
                       {1, 3, 5, 1, 1, 1},   {300, 8, 4, 2, 1, 1}, {16, 10, 6, 13, 5, 1},
                       {1, 16, 16, 64, 1, 1}};
  for (const Sizes &sizes : all)
    for (const char *dispatch : {"naive", "stacked", "dense", "grouped"})
      for (const char *fusion : {"off", "kernels"})
        for (const char *activation : {"gelu", "swiglu"}) {
          Configuration c = smallConfiguration();
          c.sizes = sizes;
          c.activation = activation[0] == 'g' ? Activation::kGelu : Activation::kSwiglu;
          SCOPED_TRACE("T=" + std::to_string(sizes.tokens) + " E=" + std::to_string(sizes.experts) +
                       " k=" + std::to_string(sizes.topK) + " " + activation);
          expectClose(with(c, {{"dispatch", dispatch}, {"fusion", fusion}, {"buffers", "reuse"}}));
        }
}

TEST(Equivalence, GeluWithEveryCheckpoint) {
  for (const char *checkpoint : {"full", "selective"})
    for (const char *dispatch : {"naive", "stacked", "dense", "grouped"}) {
      Configuration c = smallConfiguration();
      c.activation = Activation::kGelu;
      expectClose(with(c, {{"dispatch", dispatch}, {"checkpoint", checkpoint}}));
    }
}

// Equal logits route equally, whatever the toggles: one layer, so that its input is equal too.
TEST(Routing, IsExactForEqualLogits) {
  Configuration c = smallConfiguration();
  c.sizes.layers = 1;
  const at::Tensor expected = compareWithReference(c).ids[0];
  for (const Toggles &toggles : pairwiseToggles()) {
    c.toggles = toggles;
    EXPECT_TRUE(compareWithReference(c).ids[0].equal(expected)) << describe(toggles);
  }
}

TEST(Routing, TiesGoToTheLowestExpert) {
  for (const char *fusion : {"off", "kernels"}) {
    const Configuration c = with(smallConfiguration(), {{"fusion", fusion}});
    Model model(c, at::kFloat, at::kCPU);
    const at::NoGradGuard noGradients;
    at::Tensor gate = model.parameters()[0].gate;
    gate.zero_(); // every expert scores the same
    model.forward(randomNormal({c.sizes.tokens, c.sizes.dim}, 3));
    const at::Tensor expected = at::arange(c.sizes.topK).expand({c.sizes.tokens, c.sizes.topK});
    EXPECT_TRUE(model.lastIds()[0].equal(expected)) << fusion;
  }
}

// Inference computes what training computes.
TEST(Equivalence, InferenceGivesTheOutputOfTraining) {
  for (const char *dispatch : {"naive", "stacked", "dense", "grouped"})
    for (const char *fusion : {"off", "kernels"})
      for (const char *amp : {"off", "bf16"})
        for (const char *inplace : {"off", "on"}) {
          Configuration c = with(smallConfiguration(), {{"dispatch", dispatch},
                                                        {"fusion", fusion},
                                                        {"amp", amp},
                                                        {"inplace", inplace},
                                                        {"buffers", "reuse"}});
          SCOPED_TRACE(describe(c.toggles));
          const at::Tensor x = randomNormal({c.sizes.tokens, c.sizes.dim}, 3);
          const at::Tensor kept = x.clone();
          const at::Tensor trained =
              Model(c, at::kFloat, at::kCPU).forward(x).hidden.detach().clone();
          c.toggles.mode = Mode::kInference;
          const at::NoGradGuard noGradients;
          Model model(c, at::kFloat, at::kCPU);
          EXPECT_LT(relativeError(model.forward(x).hidden, trained), 1e-6);
          EXPECT_LT(relativeError(model.forward(x).hidden, trained), 1e-6) << "second pass";
          EXPECT_TRUE(x.equal(kept)) << "the input was overwritten";
        }
}

} // namespace
} // namespace hotloop::moe
