#include <gmock/gmock.h>

#include "tests/support/analyze_only.h"

namespace hotloop {
namespace {

using test_support::analyzeOnly;
using test_support::ScriptedLoop;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// mask = idx == e; if mask.any(): rows = mask.nonzero(); out.index_add_(..., mlp(x[rows]))
void expert(ScriptedLoop &loop, bool hit) {
  loop.op("aten::eq", "mask");
  loop.op("aten::any", "check");
  loop.begin("aten::is_nonzero", "check");
  loop.begin("aten::item", "check");
  loop.op("aten::_local_scalar_dense", "check");
  loop.end();
  loop.end();
  if (!hit) return;
  loop.op("aten::nonzero", "rows");
  loop.op("aten::index_select", "gather");
  for (int i = 0; i < 2; ++i) {
    loop.begin("aten::linear", "mlp");
    loop.op("aten::addmm", "mlp", 20'000);
    loop.end();
  }
  loop.op("aten::index_add_", "combine");
}

struct Model {
  int layers = 2;
  int experts = 8;
  bool ranges = false;
  int missed = 0; // experts without tokens, per layer
};

Analysis analyzed(const Model &model) {
  ScriptedLoop loop;
  for (int step = 0; step < 12; ++step) {
    loop.beginStep();
    for (int layer = 0; layer < model.layers; ++layer) {
      if (model.ranges) loop.pushRange("layer " + std::to_string(layer));
      loop.op("aten::linear", "gate");
      if (!model.ranges) loop.op("aten::topk", "route");
      for (int e = 0; e < model.experts; ++e)
        expert(loop, (e + step) % model.experts >= model.missed);
      loop.op("aten::add", "residual");
      if (model.ranges) loop.popRange();
    }
    loop.endStep();
  }
  AnalysisOptions options;
  options.onlyRules = {"HL101", "HL103", "HL104"};
  return std::move(analyze(loop.build(), options)).value();
}

TEST(ExpertLoop, IsOneFindingThatTakesInTheReadsInside) {
  for (const bool ranges : {false, true}) {
    const Analysis analysis = analyzed({.layers = 2, .experts = 8, .ranges = ranges});
    ASSERT_THAT(analysis.findings, SizeIs(1)) << ranges;
    const Finding &finding = analysis.findings[0];
    EXPECT_EQ(finding.rule, "HL104");
    EXPECT_EQ(finding.perStep, 16);
    EXPECT_THAT(finding.title, HasSubstr("a loop of 8 with 16 host syncs, 2 times a step"));
    EXPECT_EQ(finding.site.function, "check");
    EXPECT_GT(finding.hostTime.count, 0);
    EXPECT_THAT(analysis.notWorth, IsEmpty());
  }
}

TEST(ExpertLoop, FindsTheNumberOfExperts) {
  for (const int experts : {3, 4, 16, 64})
    for (const int layers : {1, 3}) {
      const Analysis analysis = analyzed({.layers = layers, .experts = experts});
      ASSERT_THAT(analysis.findings, SizeIs(1)) << experts;
      EXPECT_EQ(analysis.findings[0].perStep, experts * layers);
      EXPECT_THAT(analysis.findings[0].title,
                  HasSubstr("a loop of " + std::to_string(experts) + " "));
    }
}

TEST(ExpertLoop, TakesExpertsWithoutTokensInItsStride) {
  const Analysis analysis = analyzed({.layers = 2, .experts = 16, .missed = 9});
  ASSERT_THAT(analysis.findings, SizeIs(1));
  EXPECT_EQ(analysis.findings[0].perStep, 32);
}

// Autograd runs what the loop recorded, last turn first.
TEST(ExpertLoop, ReplacesItsBackwardPassToo) {
  constexpr int kExperts = 8;
  const auto timeOf = [](bool trains) {
    ScriptedLoop loop;
    for (int step = 0; step < 12; ++step) {
      loop.beginStep();
      loop.op("aten::topk", "route");
      for (int e = 0; e < kExperts; ++e) {
        const int number = step * 100 + e;
        expert(loop, true);
        loop.begin("aten::mul", "scale", OpScope::kFunction, number);
        loop.end();
      }
      for (int e = kExperts - 1; trains && e >= 0; --e) {
        loop.begin("autograd::engine::evaluate_function: MulBackward0");
        loop.begin("MulBackward0", {}, OpScope::kBackwardFunction, step * 100 + e);
        loop.op("aten::mul", {}, 30'000);
        loop.end();
        loop.end();
      }
      loop.endStep();
    }
    const Analysis analysis = analyzeOnly("HL104", loop);
    EXPECT_THAT(analysis.findings, SizeIs(1));
    return analysis.findings.at(0).replaced.value();
  };
  const Replaced forward = timeOf(false);
  const Replaced both = timeOf(true);
  EXPECT_EQ(forward.parts, kExperts);
  EXPECT_GT(forward.all.count, 0);
  // Two products of 20 us in a turn; a call takes at most 8 of them.
  EXPECT_NEAR(static_cast<double>(forward.work.count), kExperts * 2 * 12'000.0, 2'000);
  EXPECT_NEAR(static_cast<double>((both.all - forward.all).count), kExperts * 32'000.0, 3'000);
}

// On a device: eight turns of launches and waits become one and a half.
TEST(ExpertLoop, GainsTheLaunchesOfTheOtherTurns) {
  const auto gainOf = [](int experts) {
    ScriptedLoop loop;
    loop.addDevice();
    for (int step = 0; step < 20; ++step) {
      loop.beginStep();
      loop.op("aten::topk", "route");
      for (int e = 0; e < experts; ++e) {
        loop.begin("aten::nonzero", "rows");
        loop.kernel("count", 2'000);
        loop.synchronize();
        loop.end();
        for (const char *name :
             {"aten::index_select", "aten::mm", "aten::mm", "aten::index_add_"}) {
          loop.begin(name, "mlp");
          loop.kernel("work", 3'000);
          loop.end(4'000);
        }
      }
      loop.op("aten::add", "residual");
      loop.endStep();
    }
    AnalysisOptions options;
    options.onlyRules = {"HL104"};
    const Analysis analysis = std::move(analyze(loop.build(), options)).value();
    EXPECT_THAT(analysis.findings, SizeIs(1));
    const Gain &gain = analysis.findings.at(0).gain;
    EXPECT_EQ(gain.whyNone, "");
    return gain.estimate.value_or(Gain::Estimate());
  };
  const Gain::Estimate few = gainOf(4);
  const Gain::Estimate many = gainOf(16);
  EXPECT_GT(few.share, 0.4);
  EXPECT_GT(many.share, few.share);
  EXPECT_LT(many.share, 1 - 1.0 / 16); // a turn is left
  for (const Gain::Estimate &gain : {few, many}) {
    EXPECT_LT(gain.lowMs, gain.ms);
    EXPECT_GT(gain.highMs, gain.ms);
    EXPECT_NE(gain.trust, "high");
  }
}

TEST(ExpertLoop, LeavesTwoExpertsToTheOtherRules) {
  const Analysis analysis = analyzed({.layers = 4, .experts = 2});
  ASSERT_THAT(analysis.findings, testing::Not(IsEmpty()));
  for (const Finding &finding : analysis.findings) EXPECT_NE(finding.rule, "HL104");
}

TEST(ExpertLoop, LeavesALoopThatDoesNotWaitAlone) {
  ScriptedLoop loop;
  for (int step = 0; step < 12; ++step) {
    loop.beginStep();
    for (int e = 0; e < 8; ++e) {
      loop.op("aten::index_select", "gather");
      loop.op("aten::mm", "mlp", 10'000);
      loop.op("aten::index_add_", "combine");
    }
    loop.endStep();
  }
  EXPECT_THAT(analyzeOnly("HL104", loop).findings, IsEmpty());
}

// A mask in each of twelve equal layers is twelve masks, not a loop over experts.
TEST(ExpertLoop, LeavesEqualLayersAlone) {
  for (const bool ranges : {false, true}) {
    ScriptedLoop loop;
    for (int step = 0; step < 12; ++step) {
      loop.beginStep();
      for (int layer = 0; layer < 12; ++layer) {
        if (ranges)
          loop.pushRange("block " + std::to_string(layer));
        else
          loop.op("aten::layer_norm", "norm");
        loop.op("aten::mm", "mlp", 10'000);
        loop.begin("aten::index", "pick");
        loop.op("aten::nonzero", "pick");
        loop.end();
        if (ranges) loop.popRange();
      }
      loop.endStep();
    }
    EXPECT_THAT(analyzeOnly("HL104", loop).findings, IsEmpty()) << ranges;
  }
}

TEST(ExpertLoop, LeavesReadsInALoopWithoutProductsAlone) {
  ScriptedLoop loop;
  for (int step = 0; step < 12; ++step) {
    loop.beginStep();
    loop.op("aten::mm", "mlp", 10'000);
    for (int metric = 0; metric < 8; ++metric) {
      loop.op("aten::mean", "metrics");
      loop.begin("aten::item", "metrics");
      loop.op("aten::_local_scalar_dense", "metrics");
      loop.end();
    }
    loop.endStep();
  }
  EXPECT_THAT(analyzeOnly("HL104", loop).findings, IsEmpty());
}

} // namespace
} // namespace hotloop
