// Every fix that `hotloop whatif` takes, alone and on top of each other: a prediction or a reason.

#include <gmock/gmock.h>

#include <cmath>
#include <string>

#include "analyzers/timeline/transforms.h"
#include "analyzers/timeline/what_if.h"
#include "tests/support/make_run.h"
#include "tests/support/scripted_loop.h"

namespace hotloop {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TraceView madeRun() {
  test_support::MakeRunOptions options;
  options.events = 60'000;
  options.device = true;
  for (const auto &info : test_support::plantCatalogue()) options.plants.push_back(info.plant);
  TraceBuilder builder;
  EXPECT_TRUE(test_support::makeRun(builder, options).has_value());
  return std::move(builder.build()).value();
}

std::string withValue(std::string_view name) {
  const std::string text(name);
  if (name == "remove-line") return text + "=model.py:1";
  if (name == "remove-op" || name == "merge-launches") return text + "=aten::mul";
  if (name == "scale-kernel") return text + "=:0.5";
  return text;
}

TEST(Fixes, GiveAPredictionOrAReasonAloneAndStacked) {
  const TraceView trace = madeRun();
  const WhatIf whatIf(trace, findSteps(trace, -1));
  ASSERT_THAT(whatIf.whyNone(), IsEmpty());
  std::vector<Edit> possible;
  for (const std::string_view name : fixNames()) {
    auto edit = namedFix(whatIf, withValue(name));
    ASSERT_TRUE(edit.has_value()) << name << ": " << edit.error().message;
    EXPECT_NE(edit->empty(), edit->whyNone.empty()) << name;
    const Prediction prediction = whatIf.predict(*edit);
    EXPECT_EQ(prediction.abstained, edit->whyNone) << name;
    EXPECT_NE(prediction.abstained.empty(), prediction.trust.empty()) << name;
    EXPECT_LE(prediction.gainLow, prediction.gain) << name;
    EXPECT_GE(prediction.gainHigh, prediction.gain) << name;
    EXPECT_LE(prediction.gain, 1) << name;
    if (edit->whyNone.empty()) possible.push_back(std::move(*edit));
  }
  ASSERT_GE(possible.size(), 6u);
  for (const Edit &a : possible)
    for (const Edit &b : possible) {
      const Prediction prediction = whatIf.predict(combine({a, b}));
      EXPECT_THAT(prediction.abstained, IsEmpty()) << a.name << " + " << b.name;
      EXPECT_TRUE(std::isfinite(prediction.gain)) << a.name << " + " << b.name;
    }
  double reached = whatIf.baseline().ms;
  for (const WhatIf::Stacked &row : whatIf.greedy(possible, 1e-6)) {
    EXPECT_LE(row.together.ms, reached * 1.02); // medians over the steps, so nearly
    EXPECT_GT(row.marginalMs, 0);
    reached = row.together.ms;
  }
}

TEST(Fixes, AbstainOnARunWithoutADevice) {
  test_support::MakeRunOptions options;
  options.events = 20'000;
  TraceBuilder builder;
  ASSERT_TRUE(test_support::makeRun(builder, options).has_value());
  const TraceView trace = std::move(builder.build()).value();
  const WhatIf whatIf(trace, findSteps(trace, -1));
  for (const std::string_view name : fixNames()) {
    auto edit = namedFix(whatIf, withValue(name));
    ASSERT_TRUE(edit.has_value()) << name;
    EXPECT_THAT(whatIf.predict(*edit).abstained, HasSubstr("no work of a GPU")) << name;
  }
}

// torch.profiler with stacks: Python functions as records around operators, each with the line that
// it begins at.
TEST(Fixes, RemoveAFunctionOfATraceWithStacksByItsLine) {
  test_support::ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    loop.begin("train", "train", OpScope::kOther);
    for (int k = 0; k < 5; ++k) loop.kernel("first", 4'000);
    loop.begin("log", "log", OpScope::kOther);
    loop.wait(300'000);
    loop.begin("aten::item");
    loop.synchronize();
    loop.end();
    loop.wait(300'000);
    loop.end();
    for (int k = 0; k < 5; ++k) loop.kernel("second", 4'000);
    loop.end();
    loop.endStep();
  }
  const TraceView trace = loop.build();
  const WhatIf whatIf(trace, findSteps(trace, -1));
  ASSERT_THAT(whatIf.whyNone(), IsEmpty());
  const auto gainAt = [&](const char *fix) {
    const auto edit = namedFix(whatIf, fix);
    EXPECT_TRUE(edit.has_value());
    return whatIf.predict(*edit);
  };
  const Prediction log = gainAt("remove-line=script.py:20");
  EXPECT_THAT(log.abstained, IsEmpty());
  EXPECT_GT(log.gain, 0.8); // with the time in Python around the operator
  EXPECT_EQ(log.bound, Bound::kNone);
  EXPECT_THAT(gainAt("remove-line=script.py:21").abstained, HasSubstr("No record"));
}

// Steps of 40 short kernels, with waits where the test wants them.
struct WaitsAt {
  bool begin = false, middle = false, end = false;
};
TraceView launchBound(const WaitsAt &waits) {
  test_support::ScriptedLoop loop;
  loop.addDevice();
  for (int i = 0; i < 20; ++i) {
    loop.beginStep();
    if (waits.begin) loop.synchronize();
    loop.wait(30'000);
    for (int k = 0; k < 40; ++k) {
      if (k == 20 && waits.middle) loop.synchronize();
      loop.kernel("tiny", 2'000);
      loop.wait(8'000);
    }
    if (waits.end) loop.synchronize();
    loop.wait(50'000);
    loop.endStep();
  }
  return loop.build();
}

Prediction graphOf(const WaitsAt &waits) {
  const TraceView trace = launchBound(waits);
  const WhatIf whatIf(trace, findSteps(trace, -1));
  EXPECT_THAT(whatIf.whyNone(), IsEmpty());
  return whatIf.predict(graph(whatIf));
}

TEST(Fixes, AGraphLeavesAWaitAtTheEdgeOfTheStepOutside) {
  const Prediction free = graphOf({});
  EXPECT_THAT(free.note, IsEmpty());
  for (const WaitsAt waits :
       {WaitsAt{.end = true}, WaitsAt{.begin = true}, WaitsAt{.begin = true, .end = true}}) {
    const Prediction kept = graphOf(waits);
    EXPECT_THAT(kept.abstained, IsEmpty());
    EXPECT_THAT(kept.note, HasSubstr("stays outside"));
    EXPECT_GT(kept.gain, 0.5); // launches and the host time between them go
    // The wait stays: host and device no longer run at once, so call, device and wait add up.
    EXPECT_GT(kept.ms, free.ms + 0.01);
    EXPECT_GT(kept.ms, 40 * 2.0e-3);
  }
  // Behind a wait at its end the host time to the next step stays, too.
  EXPECT_GT(graphOf({.end = true}).ms, 0.05 + 40 * 2.0e-3);
  EXPECT_THAT(graphOf({.middle = true}).abstained, HasSubstr("cannot be captured"));
  EXPECT_THAT(graphOf({.middle = true, .end = true}).abstained, HasSubstr("cannot be captured"));
}

TEST(Fixes, AGraphBesideOtherFixesHoldsOnlyTheWorkThatIsLeft) {
  const TraceView trace = launchBound({.middle = true, .end = true});
  const WhatIf whatIf(trace, findSteps(trace, -1));
  ASSERT_THAT(whatIf.whyNone(), IsEmpty());
  Edit middle; // the waits in the middle, and half of the kernels
  const Anchors &anchors = whatIf.timeline().anchors;
  std::size_t launches = 0;
  for (std::uint32_t i = 0; i < anchors.size(); ++i) {
    if (anchors.kind[i] == AnchorKind::kStep) launches = 0;
    if (anchors.kind[i] == AnchorKind::kLaunch && launches++ < 20) middle.drop.push_back(i);
    if (anchors.kind[i] == AnchorKind::kSync && launches == 20) middle.drop.push_back(i);
  }
  const Edit captured = graph(whatIf, {}, &middle);
  ASSERT_THAT(captured.whyNone, IsEmpty());
  EXPECT_FALSE(captured.graphStep);
  const Prediction half = whatIf.predict(combine({middle, captured}));
  EXPECT_THAT(half.abstained, IsEmpty());
  EXPECT_LT(half.ms, graphOf({.end = true}).ms - 20 * 1.5e-3);
}

// An event that the graph would hold: the host could not wait for it outside.
TEST(Fixes, AGraphIsRefusedWhereTheHostWaitsForAnEventInsideOfIt) {
  const auto recordedAt = [](int kernel) {
    test_support::ScriptedLoop loop;
    loop.addDevice();
    for (int i = 0; i < 20; ++i) {
      loop.beginStep();
      std::uint64_t event = 0;
      for (int k = 0; k < 40; ++k) {
        if (k == kernel) event = loop.record(1, "mark");
        loop.kernel("tiny", 2'000);
        loop.wait(20'000);
      }
      if (kernel == 40) event = loop.record(1, "mark");
      loop.waitFor(event, "read");
      loop.endStep();
    }
    return loop.build();
  };
  const TraceView inside = recordedAt(20);
  const WhatIf refused(inside, findSteps(inside, -1));
  EXPECT_THAT(graph(refused).whyNone, HasSubstr("cannot be captured"));
  const TraceView outside = recordedAt(40);
  const WhatIf possible(outside, findSteps(outside, -1));
  const Prediction kept = possible.predict(graph(possible));
  EXPECT_THAT(kept.abstained, IsEmpty());
  EXPECT_GT(kept.ms, 40 * 2.0e-3); // the wait is for the whole graph
}

// The host runs a step ahead: it waits for the event of the step before. A copy that begins each
// step on the stream of the kernels could run beside them.
TEST(Fixes, ACopyHidesBesideTheStepBeforeWhetherOrNotTheEventIsOnRecord) {
  for (const bool onRecord : {true, false}) {
    test_support::ScriptedLoop loop;
    loop.addDevice();
    std::uint64_t before = 0;
    for (int i = 0; i < 20; ++i) {
      loop.beginStep();
      loop.copy(16 << 20, "load", {.source = 2, .duration = 500'000});
      for (int k = 0; k < 40; ++k) loop.kernel("gemm", 20'000);
      const std::uint64_t done = loop.record(1, "log");
      if (before != 0) loop.waitFor(before, "log", onRecord);
      before = done;
      loop.endStep();
    }
    const TraceView trace = loop.build();
    const WhatIf whatIf(trace, findSteps(trace, -1));
    ASSERT_THAT(whatIf.whyNone(), IsEmpty());
    EXPECT_NEAR(whatIf.baseline().error, 0, 0.01);
    const Prediction moved = whatIf.predict(moveCopies(whatIf));
    EXPECT_THAT(moved.abstained, IsEmpty());
    EXPECT_NEAR(moved.gain, 0.5 / 1.34, 0.05) << onRecord;
  }
}

} // namespace
} // namespace hotloop
