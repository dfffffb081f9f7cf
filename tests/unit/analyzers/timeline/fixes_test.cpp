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

} // namespace
} // namespace hotloop
