#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <string>

#include <ATen/record_function.h>
#include <gtest/gtest.h>

#include "core/base/time.h"
#include "reference_moe/run/inspect.h"
#include "reference_moe/run/measure.h"
#include "reference_moe/run/presets.h"
#include "reference_moe/run/trainer.h"
#include "tests/unit/moe/model_fixture.h"

namespace hotloop::moe {
namespace {

std::mutex countMutex;
std::map<std::string, int> *counts = nullptr;

std::unique_ptr<at::ObserverContext> onOperator(const at::RecordFunction &function) {
  const std::lock_guard<std::mutex> lock(countMutex);
  if (counts) ++(*counts)[function.name()];
  return nullptr;
}

// Operators by name during `body`, nested ones included.
template <class Body> std::map<std::string, int> operatorsDuring(const Body &body) {
  std::map<std::string, int> result;
  const auto handle = at::addGlobalCallback(
      at::RecordFunctionCallback(&onOperator).scopes({at::RecordScope::FUNCTION}));
  counts = &result;
  body();
  counts = nullptr;
  at::removeCallback(handle);
  return result;
}

Configuration trainable() {
  Configuration c;
  c.sizes = {.tokens = 64, .dim = 16, .hidden = 32, .experts = 8, .topK = 2, .layers = 2};
  c.sampleEvery = 0;
  return c;
}

std::unique_ptr<Trainer> make(const Configuration &c) {
  auto trainer = Trainer::create(c);
  EXPECT_TRUE(trainer);
  return std::move(*trainer);
}

std::vector<double> lossesOf(const Configuration &c, std::int64_t steps) {
  const auto trainer = make(c);
  for (std::int64_t i = 0; i < steps; ++i) EXPECT_TRUE(trainer->step(i));
  return trainer->losses(steps);
}

// Of one steady step: what a GPU would wait for, and new tensors.
struct OperatorCounts {
  int hostReads = 0, newTensors = 0, operators = 0;
};
OperatorCounts steadyStep(const Configuration &c) {
  const auto trainer = make(c);
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_TRUE(trainer->step(i));
  OperatorCounts result;
  for (const auto &[name, count] : operatorsDuring([&] { EXPECT_TRUE(trainer->step(3)); })) {
    result.operators += count;
    if (name == "aten::_local_scalar_dense" || name == "aten::nonzero") result.hostReads += count;
    if (name.starts_with("aten::empty")) result.newTensors += count;
  }
  return result;
}

TEST(Trainer, TrainingLowersTheLossUnderEveryPreset) {
  for (const Preset &preset : presets()) {
    Configuration c = trainable();
    c.toggles = preset.wants;
    if (c.toggles.mode == Mode::kInference) continue;
    fitPreset(c.toggles, Device::kCpu, {}, false);
    const std::vector<double> losses = lossesOf(c, 60);
    ASSERT_EQ(losses.size(), 60u);
    // The four batches recur, so the fourth last value is of the first batch.
    EXPECT_LT(losses[56], 0.7 * losses[0]) << preset.name;
  }
}

TEST(Trainer, TwoRunsAreBitEqual) {
  for (const Toggles &toggles : pairwiseToggles()) {
    Configuration c = trainable();
    c.toggles = toggles;
    EXPECT_EQ(lossesOf(c, 6), lossesOf(c, 6)) << describe(toggles);
  }
}

TEST(Trainer, TogglesFollowTheSameTrajectory) {
  const std::vector<double> expected = lossesOf(trainable(), 12);
  for (const Toggles &toggles : pairwiseToggles()) {
    Configuration c = trainable();
    c.toggles = toggles;
    const std::vector<double> got = lossesOf(c, 12);
    for (std::size_t i = 0; i < got.size(); ++i)
      EXPECT_NEAR(got[i], expected[i], toggles.amp == Amp::kOff ? 2e-4 : 2e-2)
          << describe(toggles) << " step " << i;
  }
}

TEST(Trainer, NaiveReadsTheHostForEveryExpertAndGroupedNever) {
  Configuration c = trainable();
  const OperatorCounts naive = steadyStep(c);
  c = with(c, {{"dispatch", "grouped"},
               {"fusion", "kernels"},
               {"buffers", "reuse"},
               {"inplace", "on"},
               {"optimizer", "foreach"}}); // the CPU's fused AdamW reads its counters
  const OperatorCounts grouped = steadyStep(c);
  EXPECT_GE(naive.hostReads, 2 * 2 * 8); // two layers, an item and a nonzero for each expert
  EXPECT_EQ(grouped.hostReads, 0);
  EXPECT_LT(grouped.newTensors * 5, naive.newTensors);
  EXPECT_LT(grouped.operators * 5, naive.operators);
}

TEST(Trainer, EachUnsafeHabitDoesWhatItsNameSays) {
  const Configuration plain = with(trainable(), {{"dispatch", "grouped"}, {"fusion", "kernels"}});
  const auto operators = [&](Unsafe habit, bool on) {
    Configuration c = plain;
    c.unsafe[static_cast<std::size_t>(habit)] = on;
    const auto trainer = make(c);
    testing::internal::CaptureStderr();
    const auto result = operatorsDuring([&] {
      for (std::int64_t i = 0; i < 3; ++i) EXPECT_TRUE(trainer->step(i));
    });
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_EQ(text.empty(), !(on && habit == Unsafe::kPrint));
    return result;
  };
  const auto more = [&](Unsafe habit, const char *name) {
    auto with = operators(habit, true), without = operators(habit, false);
    return with[name] - without[name];
  };
  EXPECT_EQ(more(Unsafe::kItem, "aten::_local_scalar_dense"), 3);
  EXPECT_GE(more(Unsafe::kPrint, "aten::_local_scalar_dense") + more(Unsafe::kPrint, "aten::abs") +
                more(Unsafe::kPrint, "aten::to"),
            3);
  EXPECT_EQ(more(Unsafe::kBranch, "aten::is_nonzero"), 3);
  EXPECT_EQ(more(Unsafe::kGrowingList, "aten::cat"), 3);
  EXPECT_EQ(more(Unsafe::kVaryingShape, "aten::zeros"), 3);
  EXPECT_EQ(more(Unsafe::kBooleanMask, "aten::nonzero"), 3);
}

TEST(Trainer, TheDeviceScalerReadsNothingBackAndTheNaiveOneDoes) {
  Configuration c =
      with(trainable(),
           {{"dispatch", "dense"}, {"amp", "fp16"}, {"optimizer", "fused"}, {"scaler", "naive"}});
  const auto reads = [](const Configuration &of) {
    StepMeter meter(Device::kCpu);
    const auto trainer = make(of);
    for (std::int64_t i = 0; i < 3; ++i) EXPECT_TRUE(trainer->step(i));
    return meter.count(*trainer, 3)->syncs;
  };
  EXPECT_EQ(reads(c), 1);
  const std::vector<double> naive = lossesOf(c, 10);
  c.toggles.scaler = Scaler::kDevice;
  EXPECT_EQ(reads(c), 0);
  EXPECT_EQ(lossesOf(c, 10), naive);
}

// A loss that overflows fp16 halves the scale and leaves the parameters as they are.
TEST(Trainer, Fp16RecoversFromAnOverflow) {
  Configuration c =
      with(trainable(), {{"dispatch", "grouped"}, {"amp", "fp16"}, {"optimizer", "fused"}});
  c.sizes.tokens = 1; // the mean over few numbers has large gradients: 65536 times too large
  c.sizes.dim = 4;
  const auto trainer = make(c);
  for (std::int64_t i = 0; i < 30; ++i) EXPECT_TRUE(trainer->step(i));
  EXPECT_LE(trainer->lossScale(), 65536);
  for (const double loss : trainer->losses(30)) EXPECT_TRUE(std::isfinite(loss));
}

TEST(Trainer, TokensMayVaryFromStepToStep) {
  for (const char *buffers : {"fresh", "reuse"}) {
    Configuration c =
        with(trainable(), {{"dispatch", "grouped"}, {"fusion", "kernels"}, {"buffers", buffers}});
    c.tokenCycle = {64, 7, 1};
    const std::vector<double> got = lossesOf(c, 9);
    c.toggles = Toggles{};
    const std::vector<double> expected = lossesOf(c, 9);
    for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(got[i], expected[i], 2e-4) << i;
  }
}

TEST(Trainer, SkewsSendTokensWhereTheySay) {
  Configuration c = trainable();
  c.sizes = {.tokens = 4096, .dim = 32, .hidden = 8, .experts = 8, .topK = 1, .layers = 1};
  c.toggles.mode = Mode::kInference;
  const auto tokens = [&](Skew skew) {
    c.skew = skew;
    const auto trainer = make(c);
    EXPECT_TRUE(trainer->step(0));
    return trainer->tokensPerExpert()[0];
  };
  EXPECT_EQ(tokens(Skew::kOneHot)[0], 4096);
  const std::vector<std::int64_t> zipf = tokens(Skew::kZipf), uniform = tokens(Skew::kUniform);
  EXPECT_GT(zipf[0], 3 * zipf[7]);
  EXPECT_LT(uniform[0], 2 * uniform[7]);
}

// A delay at a place takes its time, there and nowhere else; what is computed stays the same.
TEST(Trainer, InjectedDelaysTakeTheirTime) {
  Configuration c = trainable();
  const std::vector<double> expected = lossesOf(c, 2);
  const Nanoseconds start = monotonicNow();
  c.delays = {{Delay::Kind::kHost, "router", 3000}, {Delay::Kind::kKernel, "optimizer", 2000}};
  EXPECT_EQ(lossesOf(c, 2), expected);
  // Two steps of two layers' routers and one optimizer. No upper bound: machines are busy.
  EXPECT_GE((monotonicNow() - start).milliseconds(), 2 * (2 * 3 + 2));
}

TEST(Meter, CountsLaunchesWaitsAndMemory) {
  StepMeter meter(Device::kCpu);
  const Configuration naive = trainable();
  const auto trainer = make(naive);
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_TRUE(trainer->step(i));
  const StepCounts one = *meter.count(*trainer, 3);
  EXPECT_GE(one.syncs, 2 * 2 * 8);
  EXPECT_GT(one.launches, 200);
  EXPECT_GT(one.allocations, 100);
  EXPECT_GE(meter.bytes(), trainer->persistent().weights);
  EXPECT_GT(meter.peakBytes(), trainer->persistent().sum());
}

TEST(Inspect, EveryPresetIsAsExactAsThePeer) {
  for (const Preset &preset : presets()) {
    Configuration c = trainable();
    c.toggles = preset.wants;
    fitPreset(c.toggles, Device::kCpu, {}, false);
    const Result<Accuracy> accuracy = compareWithDouble(c);
    ASSERT_TRUE(accuracy) << preset.name;
    EXPECT_TRUE(accuracy->finite);
    EXPECT_LT(accuracy->output, 0.01) << preset.name;
    EXPECT_LT(accuracy->difference, differenceBound(c)) << preset.name;
    EXPECT_LE(accuracy->output, 1.5 * accuracy->peerOutput + 1e-6) << preset.name;
    EXPECT_LT(*dynamicBatchError(c), 0.01) << preset.name;
    if (c.toggles.mode == Mode::kInference) continue;
    EXPECT_TRUE(*emptyExpertsGetZero(c)) << preset.name;
  }
}

TEST(Trainer, UnsafeHabitsDoNotChangeTheResult) {
  Configuration c = trainable();
  const std::vector<double> expected = lossesOf(c, 5);
  c.unsafe.fill(true);
  testing::internal::CaptureStderr();
  const std::vector<double> got = lossesOf(c, 5);
  EXPECT_FALSE(testing::internal::GetCapturedStderr().empty());
  EXPECT_EQ(got, expected);
}

TEST(Trainer, CountsEveryTokenOfEveryLayer) {
  const auto trainer = make(trainable());
  EXPECT_TRUE(trainer->step(0));
  const auto tokens = trainer->tokensPerExpert();
  ASSERT_EQ(tokens.size(), 2u);
  for (const auto &layer : tokens) {
    ASSERT_EQ(layer.size(), 8u);
    std::int64_t sum = 0;
    for (const std::int64_t count : layer) sum += count;
    EXPECT_EQ(sum, 64 * 2);
  }
}

} // namespace
} // namespace hotloop::moe
