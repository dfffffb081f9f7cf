// Fixes put in order, and the command line that they come to.

#include "analyzers/change_plan.h"

#include <gmock/gmock.h>

#include "analyzers/analysis.h"
#include "analyzers/moe_command.h"
#include "core/trace/meta_keys.h"
#include "tests/support/plants/device_plants.h"
#include "tests/unit/analyzers/made_runs.h"

namespace hotloop {
namespace {

using namespace test_support;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Two habits in one step, recorded as the run of `command`.
ChangePlan planned(const std::string &command, bool device = true) {
  TraceBuilder builder;
  const DevicePlant &waits = *findDevicePlant("item-in-step");
  const DevicePlant &upload = *findDevicePlant("pageable-upload");
  Stage stage(builder);
  for (int step = 0; step < 32 && device; ++step) {
    stage.loop.beginStep();
    waits.play(stage, step, true);
    upload.play(stage, step, true);
    stage.finish();
    stage.loop.endStep();
  }
  if (!device) {
    const auto made =
        makeRun(builder, {.events = 20'000, .plants = {Plant::kExpertLoop, Plant::kItem}});
    EXPECT_TRUE(made.has_value());
  }
  builder.setMeta(meta_key::kCommand, command);
  AnalysisOptions options;
  options.plan = true;
  const auto analysis = analyze(std::move(builder.build()).value(), options);
  EXPECT_TRUE(analysis.has_value() && analysis->plan.has_value());
  return analysis->plan.value_or(ChangePlan());
}

TEST(ChangePlan, EachChangeAddsToThoseBeforeIt) {
  const ChangePlan plan = planned("python3 train.py");
  ASSERT_GE(plan.changes.size(), 2u);
  ASSERT_TRUE(plan.together.has_value());
  EXPECT_EQ(plan.whyNone, "");
  EXPECT_EQ(plan.command, "");
  double step = plan.stepMs, sum = 0;
  for (const PlannedChange &change : plan.changes) {
    if (!change.addsMs) continue;
    EXPECT_NEAR(step - *change.ms, *change.addsMs, 1e-6) << change.name;
    step = *change.ms;
    sum += *change.addsMs;
    EXPECT_THAT(change.rules, Not(IsEmpty()));
    EXPECT_EQ(change.flags, "");
  }
  EXPECT_NEAR(sum, plan.together->ms, 1e-6);
  EXPECT_LE(plan.together->lowMs, plan.together->ms);
  EXPECT_GE(plan.together->highMs, plan.together->ms);
  EXPECT_THAT(plan.changes[0].rules, ElementsAre("HL105"));
  EXPECT_GE(*plan.changes[0].addsMs, *plan.changes[1].addsMs);
}

TEST(ChangePlan, DropsTheHabitsOfTheReferenceProgram) {
  const ChangePlan plan =
      planned("/opt/bin/hotloop-moe run --device cuda --unsafe item,print --layers 4");
  EXPECT_EQ(plan.command, "/opt/bin/hotloop-moe run --device cuda --unsafe print --layers 4");
}

TEST(ChangePlan, WithoutADeviceHasNoNumbersAndSaysWhy) {
  const ChangePlan plan = planned("hotloop-moe run --unsafe item", false);
  EXPECT_THAT(plan.whyNone, HasSubstr("no device records"));
  EXPECT_FALSE(plan.together.has_value());
  ASSERT_THAT(plan.changes, Not(IsEmpty()));
  for (const PlannedChange &change : plan.changes) {
    EXPECT_FALSE(change.addsMs.has_value());
    EXPECT_THAT(change.whyNone, Not(IsEmpty()));
  }
  EXPECT_EQ(plan.command, "hotloop-moe run --dispatch grouped");
}

TEST(MoeCommand, ReadsSwitches) {
  const MoeSwitches plain = moeSwitches("hotloop-moe run --layers 4 --amp=bf16 --dispatch grouped");
  EXPECT_THAT(plain, ElementsAre("train", "grouped", "off", "bf16", "off", "off", "fresh", "off",
                                 "single"));
  EXPECT_THAT(moeSwitches("hotloop-moe run --preset full --graph off"),
              ElementsAre("train", "grouped", "kernels", "bf16", "selective", "off", "reuse", "on",
                          "fused"));
  EXPECT_TRUE(isMoeCommand("env A=1 ./bin/hotloop-moe run"));
  EXPECT_FALSE(isMoeCommand("python3 hotloop-moe.py"));
}

TEST(MoeCommand, ChangesSwitches) {
  EXPECT_EQ(withMoeFlags("hotloop-moe run --amp off --layers 4", "--amp bf16 --graph on"),
            "hotloop-moe run --amp bf16 --layers 4 --graph on");
  EXPECT_EQ(withoutMoeHabit("hotloop-moe run --unsafe item", "item"), "hotloop-moe run");
  EXPECT_EQ(withoutMoeHabit("hotloop-moe run --unsafe=item,print -x", "print"),
            "hotloop-moe run --unsafe=item -x");
  EXPECT_EQ(withoutMoeHabit("hotloop-moe run --unsafe item", "print"),
            "hotloop-moe run --unsafe item");
  EXPECT_EQ(moeNeeds("hotloop-moe run", "--amp bf16"), "");
  EXPECT_EQ(moeNeeds("hotloop-moe run --amp bf16", "--graph on"),
            "--dispatch grouped --optimizer fused");
}

TEST(MoeCommand, NamesTheNearestPreset) {
  const NearestPreset near =
      nearestMoePreset("hotloop-moe run --dispatch grouped --amp bf16 --fusion kernels "
                       "--checkpoint full --buffers reuse --optimizer fused");
  EXPECT_EQ(near.name, "production-training");
  EXPECT_THAT(near.differs, ElementsAre("inplace"));
  EXPECT_EQ(nearestMoePreset("hotloop-moe run --mode inference --fusion kernels").name, "");
  EXPECT_EQ(nearestMoePreset("hotloop-moe run --dispatch grouped").name, "")
      << "the baseline is no advice";
}

} // namespace
} // namespace hotloop
