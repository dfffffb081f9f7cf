#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include <ATen/record_function.h>
#include <gtest/gtest.h>

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
struct StepCounts {
  int hostReads = 0, newTensors = 0, operators = 0;
};
StepCounts steadyStep(const Configuration &c) {
  const auto trainer = make(c);
  for (std::int64_t i = 0; i < 3; ++i) EXPECT_TRUE(trainer->step(i));
  StepCounts result;
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
    fitPreset(c.toggles, Device::kCpu);
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
  const StepCounts naive = steadyStep(c);
  c = with(c, {{"dispatch", "grouped"},
               {"fusion", "kernels"},
               {"buffers", "reuse"},
               {"inplace", "on"},
               {"optimizer", "foreach"}}); // the CPU's fused AdamW reads its counters
  const StepCounts grouped = steadyStep(c);
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
