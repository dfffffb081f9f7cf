#include "analyzers/steps/steps.h"

#include <gmock/gmock.h>

#include <random>

#include "analyzers/steps/period.h"
#include "analyzers/steps/warmup.h"
#include "core/trace/trace_builder.h"
#include "tests/unit/analyzers/made_runs.h"

namespace hotloop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace test_support;

TEST(StepName, TellsStepsFromNamesThatBeginAlike) {
  const std::pair<const char *, std::int64_t> steps[] = {
      {"step", -1},       {"Step 12", 12},        {"STEP#3", 3},          {"step_7", 7},
      {"step: 4", 4},     {"iteration 5", 5},     {"Iteration", -1},      {"ProfilerStep#4", 4},
      {"train_step", -1}, {"training step 9", 9}, {"step 12 of 100", 12}, {"iter=2", 2}};
  for (const auto &[name, expected] : steps) {
    std::int64_t number = -5;
    EXPECT_TRUE(isStepName(name, number)) << name;
    EXPECT_EQ(number, expected) << name;
  }
  for (const char *name : {"", "stepper", "step forward", "optimizer.step", "steps", "step12b",
                           "iterator", "iterations", "footstep", "Optimizer.step#AdamW.step"}) {
    std::int64_t number = -5;
    EXPECT_FALSE(isStepName(name, number)) << name;
  }
  std::int64_t number = 0;
  EXPECT_TRUE(isStepName("step 99999999999999999999999", number));
  EXPECT_EQ(number, -1);
}

class Marks {
public:
  Marks() {
    for (std::uint32_t process = 1; process <= 2; ++process) {
      builder_.add(ProcessRow{.id = ProcessId(process), .osPid = process});
      for (std::uint32_t thread = 0; thread < 2; ++thread)
        builder_.add(
            ThreadRow{.id = ThreadId(2 * process - 1 + thread), .process = ProcessId(process)});
    }
  }
  void step(std::int64_t start, std::int64_t duration, std::uint32_t thread = 1,
            StepSource source = StepSource::kApi) {
    builder_.add(StepEvent{.start = Nanoseconds(start),
                           .duration = Nanoseconds(duration),
                           .lane = ThreadId(thread),
                           .number = number_++,
                           .source = source});
  }
  void range(std::string_view name, std::int64_t start, std::int64_t duration) {
    builder_.add(RangeEvent{.start = Nanoseconds(start),
                            .duration = Nanoseconds(duration),
                            .lane = ThreadId(1),
                            .name = builder_.intern(name),
                            .kind = RangeKind::kPushPop});
  }
  void op(std::int64_t start, std::uint32_t thread = 1, std::string_view name = "aten::mm",
          OpScope scope = OpScope::kFunction, std::int64_t duration = 1) {
    builder_.add(OpEvent{.start = Nanoseconds(start),
                         .duration = Nanoseconds(duration),
                         .lane = ThreadId(thread),
                         .name = builder_.intern(name),
                         .scope = scope,
                         .sequence = -1});
  }
  Steps find(const StepChoice &choice = 0) {
    const TraceView trace = std::move(builder_.build()).value();
    return findSteps(trace, choice);
  }

private:
  TraceBuilder builder_;
  std::int64_t number_ = 0;
};

TEST(FindSteps, SaysWhyThereAreNone) {
  EXPECT_THAT(Marks().find().whyNone, HasSubstr("holds no steps, and no operators"));
  Marks unmarked;
  unmarked.op(10);
  EXPECT_THAT(unmarked.find().whyNone, HasSubstr("do not repeat clearly enough"));
  Marks one;
  one.step(0, 10);
  const Steps steps = one.find(-1);
  EXPECT_THAT(steps.all, SizeIs(1));
  EXPECT_THAT(steps.steady, IsEmpty());
  EXPECT_EQ(steps.whyNone,
            "Only 0 of 1 step is steady (1 warm-up), and at least 3 are needed; record "
            "at least 4 steps.");
}

TEST(FindSteps, TakesWarmupAsAsked) {
  Marks marks;
  for (int i = 0; i < 10; ++i) marks.step(i * 100, 90);
  const Steps steps = marks.find(6);
  EXPECT_THAT(steps.steady, ElementsAre(6, 7, 8, 9));
  EXPECT_FALSE(steps.all[5].steady);
  EXPECT_TRUE(steps.all[6].steady);
  EXPECT_THAT(steps.whyNone, IsEmpty());
}

TEST(FindSteps, TakesAtMostAsManyAsAsked) {
  const auto ten = [](const StepChoice &choice) {
    Marks marks;
    for (int i = 0; i < 10; ++i) marks.step(i * 100, 90);
    return marks.find(choice);
  };
  const Steps four = ten({2, 4});
  EXPECT_THAT(four.steady, ElementsAre(2, 3, 4, 5));
  EXPECT_FALSE(four.all[6].steady);
  EXPECT_THAT(four.whyNone, IsEmpty());
  EXPECT_THAT(ten({8, 4}).steady, ElementsAre(8, 9));
  EXPECT_EQ(ten({5, 2}).whyNone, "Only 2 of 10 steps are steady (5 left out as asked, of the rest "
                                 "the first 2 as asked), and at least 3 are needed; ask for more.");
}

TEST(FindSteps, MoreWarmupThanStepsLeavesNone) {
  Marks marks;
  for (int i = 0; i < 3; ++i) marks.step(i * 100, 90);
  EXPECT_THAT(marks.find(50).whyNone, HasSubstr("3 left out as asked"));
}

TEST(FindSteps, TakesTheOutermostLevelThatRepeats) {
  Marks outer;
  for (int i = 0; i < 4; ++i) {
    outer.step(i * 100, 90);
    for (int k = 0; k < 3; ++k) outer.step(i * 100 + 10 + 20 * k, 15);
  }
  EXPECT_THAT(outer.find().all, SizeIs(4));
  Marks inner; // one mark around the whole training
  inner.step(0, 1000);
  for (int k = 0; k < 5; ++k) inner.step(10 + 20 * k, 15);
  EXPECT_THAT(inner.find().all, SizeIs(5));
}

TEST(FindSteps, LeavesOutOverlapsAndNegativeOnes) {
  Marks marks;
  marks.step(0, 90);
  marks.step(50, 90); // begins inside
  marks.step(150, 50);
  marks.step(200, 50); // touches
  const Steps steps = marks.find();
  ASSERT_THAT(steps.all, SizeIs(3));
  EXPECT_EQ(steps.all[1].start.count, 150);
  ASSERT_THAT(steps.notes, SizeIs(1));
  EXPECT_EQ(steps.notes[0].name, "overlapping_steps");
  EXPECT_EQ(steps.notes[0].count, 1);
}

TEST(FindSteps, TakesTheProcessWithMostOperatorsAndTheThreadWithMostSteps) {
  Marks marks;
  for (int i = 0; i < 9; ++i) marks.step(i * 100, 90, 1); // process 1, many steps and one operator
  marks.op(5, 1);
  for (int i = 0; i < 5; ++i) {
    marks.step(i * 100, 90, 3); // process 2
    marks.op(i * 100 + 5, 4);
  }
  marks.step(0, 90, 4);
  const Steps steps = marks.find();
  EXPECT_EQ(steps.process, ProcessId(2));
  EXPECT_EQ(steps.lane, ThreadId(3));
  EXPECT_THAT(steps.all, SizeIs(5));
  ASSERT_THAT(steps.notes, SizeIs(2));
  EXPECT_EQ(steps.notes[0].name, "other_process_steps");
  EXPECT_EQ(steps.notes[0].count, 9);
  EXPECT_EQ(steps.notes[1].name, "other_thread_steps");
  EXPECT_EQ(steps.notes[1].count, 1);
}

TEST(FindSteps, PrefersTheMostExplicitMarks) {
  Marks marks;
  for (int i = 0; i < 4; ++i) {
    marks.step(i * 100, 90, 1, StepSource::kNvtx);
    marks.step(i * 100 + 1, 50, 1, StepSource::kApi);
    marks.range("step", i * 100 + 2, 10);
  }
  const Steps steps = marks.find();
  EXPECT_EQ(steps.source, StepSource::kApi);
  EXPECT_EQ(steps.all[0].start.count, 1);
}

TEST(FindSteps, ReadsNvtxRangesAndUserScopes) {
  Marks ranges;
  for (int i = 0; i < 4; ++i) ranges.range("Step " + std::to_string(10 + i), i * 100, 90);
  Steps steps = ranges.find();
  EXPECT_EQ(steps.source, StepSource::kNvtx);
  ASSERT_THAT(steps.all, SizeIs(4));
  EXPECT_EQ(steps.all[2].number, 12);
  EXPECT_EQ(steps.all[2].row, kNoIndex);

  Marks scopes;
  for (int i = 0; i < 4; ++i)
    scopes.op(i * 100, 1, "ProfilerStep#" + std::to_string(i), OpScope::kUserScope, 90);
  steps = scopes.find();
  EXPECT_EQ(steps.source, StepSource::kProfiler);
  EXPECT_THAT(steps.all, SizeIs(4));
}

TEST(FindSteps, DetectsUnmarkedStepsOfATrainingLoop) {
  MakeRunOptions options{.events = 30'000};
  options.plants = {Plant::kExpertLoop, Plant::kItem};
  const Steps marked = findSteps(made(options), -1);
  options.marks = StepMarks::kNone;
  const Steps found = findSteps(made(options), -1);
  EXPECT_EQ(found.source, StepSource::kDetected);
  EXPECT_NEAR(static_cast<double>(found.all.size()), static_cast<double>(marked.all.size()), 1);
  EXPECT_THAT(found.whyNone, IsEmpty());
}

TEST(FindPeriod, FindsARepeatedBodyWhateverItsOrder) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 50; ++trial) {
    const std::size_t length = 3 + random() % 40;
    const std::size_t repetitions = 6 + random() % 30;
    std::vector<std::uint32_t> body(length);
    for (auto &token : body) token = static_cast<std::uint32_t>(random() % 30);
    body[0] = 1000; // once per repetition
    std::vector<std::uint32_t> all;
    for (std::size_t i = 0; i < random() % 20; ++i)
      all.push_back(2000 + static_cast<std::uint32_t>(i));
    for (std::size_t r = 0; r < repetitions; ++r) all.insert(all.end(), body.begin(), body.end());
    const Period period = findPeriod(all);
    ASSERT_THAT(period.starts, SizeIs(repetitions + 1)) << trial;
    for (std::size_t r = 0; r + 1 < period.starts.size(); ++r)
      EXPECT_EQ(period.starts[r + 1] - period.starts[r], length);
  }
}

TEST(FindPeriod, TakesTheStepNotTheLoopInside) {
  std::vector<std::uint32_t> all;
  for (int step = 0; step < 20; ++step) {
    all.insert(all.end(), {1, 2, 3});
    for (int expert = 0; expert < 8 + step % 3; ++expert) all.insert(all.end(), {10, 11, 12, 13});
    all.insert(all.end(), {4, 5, 6, 7, 8});
  }
  EXPECT_THAT(findPeriod(all).starts, SizeIs(21));
}

TEST(FindPeriod, RefusesNoiseAndShortSequences) {
  std::mt19937 random(3);
  std::vector<std::uint32_t> noise(2000);
  for (auto &token : noise) token = static_cast<std::uint32_t>(random() % 300);
  EXPECT_THAT(findPeriod(noise).starts, IsEmpty());
  EXPECT_THAT(findPeriod({}).starts, IsEmpty());
  const std::vector<std::uint32_t> few{1, 2, 3, 1, 2, 3, 1, 2, 3};
  EXPECT_THAT(findPeriod(few).starts, IsEmpty());
}

std::vector<StepSigns> evenSteps(std::size_t count) {
  std::vector<StepSigns> steps(count);
  for (auto &step : steps) step = {1'000'000, 0, 0, 1000};
  return steps;
}

TEST(Warmup, IsTheFirstStepOfAnEvenRun) {
  EXPECT_EQ(warmupLength({}), 0u);
  EXPECT_EQ(warmupLength(evenSteps(1)), 1u);
  EXPECT_EQ(warmupLength(evenSteps(3)), 1u);
  EXPECT_EQ(warmupLength(evenSteps(50)), 1u);
}

TEST(Warmup, LastsUntilTheLastSign) {
  auto slow = evenSteps(20);
  slow[1].duration = slow[3].duration = 2'000'000; // step 2 is quiet
  EXPECT_EQ(warmupLength(slow), 4u);
  auto fresh = evenSteps(20);
  fresh[1].newOperators = 2;
  fresh[10].newOperators = 1; // long after: evaluation, logging
  EXPECT_EQ(warmupLength(fresh), 2u);
  auto growing = evenSteps(20);
  growing[1].netBytes = growing[2].netBytes = 500;
  EXPECT_EQ(warmupLength(growing), 3u);
}

TEST(Warmup, DoesNotTakeALeakOrNoiseForWarmup) {
  auto leak = evenSteps(20);
  for (auto &step : leak) step.netBytes = 500;
  EXPECT_EQ(warmupLength(leak), 1u);
  std::mt19937 random(1);
  auto noise = evenSteps(40);
  for (auto &step : noise) step.duration += static_cast<std::int64_t>(random() % 200'000);
  EXPECT_EQ(warmupLength(noise), 1u);
}

TEST(Warmup, LeavesEnoughSteps) {
  for (std::size_t count = 4; count < 30; ++count) {
    auto steps = evenSteps(count);
    for (std::size_t i = 0; i < count / 2; ++i) steps[i].newOperators = 1;
    EXPECT_GE(count - warmupLength(steps), kMinimumSteadySteps);
  }
}

} // namespace
} // namespace hotloop
