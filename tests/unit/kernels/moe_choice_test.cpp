#include <gtest/gtest.h>

#include "kernels/moe_ops/moe_check.h"
#include "kernels/moe_ops/moe_choice.h"
#include "kernels/moe_ops/moe_sizes.h"

namespace hotloop::kernels {
namespace {

constexpr ProductType kProducts[] = {ProductType::kBFloat16, ProductType::kFloat16,
                                     ProductType::kTf32, ProductType::kFloat32};

TEST(MoeChoice, ChosenVariantCanRunAndSaysWhy) {
  for (const int capability : {80, 89, 90, 100})
    for (const int shared : {101376, 166912, 232448})
      for (const std::int64_t experts : {1, 8, 128, 256, 1024})
        for (const auto activation : {ExpertActivation::kGelu, ExpertActivation::kSwiglu})
          for (const ProductType product : kProducts)
            for (const MoeOperator op : kMoeOperators) {
              const MoeShape shape{4096, 512, 2048, experts, 1, activation};
              const MoeDevice device{capability, shared};
              const MoeChoice choice = chooseVariant(op, shape, product, device);
              std::string why;
              EXPECT_TRUE(canRun(op, choice.variant, shape, product, device, &why))
                  << nameOf(op) << ": " << why;
              EXPECT_FALSE(choice.why.empty());
            }
}

// What docs/kernels.md measures: the rules send these shapes to what was fastest.
TEST(MoeChoice, FollowsTheMeasurements) {
  const auto gelu = [](std::int64_t tokens, std::int64_t dim, std::int64_t experts) {
    return MoeShape{tokens, dim, 4 * dim, experts, 2, ExpertActivation::kGelu};
  };
  const auto chosen = [](MoeOperator op, const MoeShape &shape) {
    return chooseVariant(op, shape, ProductType::kBFloat16, MoeDevice{}).variant;
  };
  EXPECT_EQ(chosen(MoeOperator::kGate, gelu(4096, 512, 8)), kGateFew);
  EXPECT_EQ(chosen(MoeOperator::kGate, gelu(4096, 4096, 8)), kGateCluster);
  EXPECT_EQ(chosen(MoeOperator::kGate, gelu(4096, 512, 32)), kGateCluster);
  EXPECT_EQ(chosen(MoeOperator::kDown, gelu(4096, 512, 8)), kHopperTurned); // 128 tiles
  EXPECT_EQ(chosen(MoeOperator::kDown, gelu(4096, 512, 16)), kHopperTurned);
  EXPECT_EQ(chosen(MoeOperator::kDown, gelu(4096, 512, 32)), kHopperNarrow); // a second round
  EXPECT_EQ(chosen(MoeOperator::kDown, gelu(4096, 4096, 32)), kHopperTurned);
  const MoeShape few{16, 4096, 14336, 8, 2, ExpertActivation::kSwiglu};
  EXPECT_EQ(chosen(MoeOperator::kDown, few), kHopperNarrow);
  const MoeShape many{32768, 2048, 768, 128, 8, ExpertActivation::kSwiglu};
  EXPECT_EQ(chosen(MoeOperator::kUp, many), kHopperWide);
  EXPECT_EQ(chosen(MoeOperator::kDown, many), kHopperWide);
}

TEST(MoeChoice, RefusalsSayWhy) {
  const MoeShape shape{64, 512, 2048, 512, 2, ExpertActivation::kSwiglu};
  const MoeDevice hopper, ampere{80, 166912};
  std::string why;
  EXPECT_FALSE(canRun(MoeOperator::kUp, kHopperWide, shape, ProductType::kBFloat16, ampere, &why));
  EXPECT_EQ(why, "wgmma needs sm_90");
  EXPECT_FALSE(canRun(MoeOperator::kUp, kHopperWide, shape, ProductType::kFloat32, hopper, &why));
  EXPECT_EQ(why, "it is built for bf16 only");
  EXPECT_FALSE(
      canRun(MoeOperator::kUp, kHopperSquare, shape, ProductType::kBFloat16, hopper, &why));
  EXPECT_FALSE(canRun(MoeOperator::kGate, kGateTiles, shape, ProductType::kBFloat16, hopper, &why));
  EXPECT_EQ(why, "it holds the logits of at most 256 experts");
  EXPECT_FALSE(canRun(MoeOperator::kGate, kGateFew, shape, ProductType::kBFloat16, ampere, &why));
  EXPECT_EQ(why, "it holds the logits of at most 8 experts");
  EXPECT_FALSE(
      canRun(MoeOperator::kUp, kHopperTurned, shape, ProductType::kBFloat16, hopper, &why));
  EXPECT_EQ(why, "it is not built for this operator");
  EXPECT_FALSE(canRun(MoeOperator::kUp, 99, shape, ProductType::kBFloat16, hopper, &why));
  EXPECT_EQ(why, "there is no such variant");
}

TEST(MoeCheck, NamesWhatIsWrong) {
  const auto message = [](MoeShape shape) {
    const Result<void> result = checkShape(shape);
    return result ? std::string() : result.error().message;
  };
  const MoeShape good{64, 512, 2048, 8, 2, ExpertActivation::kGelu};
  EXPECT_EQ(message(good), "");
  MoeShape shape = good;
  shape.topK = 9;
  EXPECT_EQ(message(shape),
            "A Mixture-of-Experts layer with k = 9 cannot run: it must be 1 to 8 (at "
            "most the experts, at most 32).");
  shape = good;
  shape.experts = 0;
  EXPECT_NE(message(shape).find("experts = 0"), std::string::npos);
  shape = good;
  shape.dim = 100;
  EXPECT_NE(message(shape).find("width = 100"), std::string::npos);
  shape = good;
  shape.inner = 12;
  EXPECT_NE(message(shape).find("inner width = 12"), std::string::npos);
  shape = good;
  shape.tokens = std::int64_t{1} << 40;
  EXPECT_NE(message(shape).find("tokens"), std::string::npos);
  EXPECT_TRUE(checkPair("x", ElementType::kFloat32, ElementType::kBFloat16, true));
  EXPECT_FALSE(checkPair("x", ElementType::kFloat16, ElementType::kBFloat16, true));
  EXPECT_FALSE(checkPair("gate", ElementType::kFloat32, ElementType::kBFloat16, false));
  EXPECT_FALSE(checkGradient(64, 20, ProductType::kBFloat16, ElementType::kFloat32));
  EXPECT_FALSE(checkGradient(64, 64, ProductType::kBFloat16, ElementType::kFloat16));
}

TEST(MoeSizes, FollowTheShape) {
  const MoeOpSizes sizes = moeOpSizes({300, 64, 200, 8, 2, ExpertActivation::kGelu});
  EXPECT_EQ(sizes.countTiles, 3);
  EXPECT_EQ(sizes.weightParts, 2);
  EXPECT_EQ(sizes.scheduleInts, 4 + 4 * (600 / 64 + 8) + 4 * (600 / 128 + 8) + 4 * (600 / 144 + 8));
  EXPECT_EQ(sizes.gateScratchFloats, 2 * 8 * 64);
}

} // namespace
} // namespace hotloop::kernels
