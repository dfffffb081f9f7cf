#include "analyzers/gate/counter_check.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/scripted_loop.h"

namespace hotloop {
namespace {

using test_support::ScriptedLoop;

struct LoopOptions {
  int syncs = 1;       // in train
  int evaluation = 0;  // syncs in evaluate
  int allocations = 2; // in train
  int launches = 3;
  int period = 0; // a sync every so many steps, in log
  const char *phase = "forward";
  int steps = 24;
};

RunProfile loop(const LoopOptions &options) {
  ScriptedLoop script;
  for (int step = 0; step < options.steps; ++step) {
    script.beginStep();
    script.pushRange(options.phase);
    for (int i = 0; i < options.launches; ++i) script.op("aten::mm", "train");
    for (int i = 0; i < options.syncs; ++i) script.op("aten::_local_scalar_dense", "train");
    for (int i = 0; i < options.allocations; ++i) {
      script.begin("aten::empty", "train");
      const auto block = script.allocate(4096);
      script.end();
      script.free(block);
    }
    script.popRange();
    for (int i = 0; i < options.evaluation; ++i) script.op("aten::_local_scalar_dense", "evaluate");
    if (options.period > 0 && step % options.period == 0)
      script.op("aten::_local_scalar_dense", "log");
    script.endStep();
  }
  return profileRun(script.build(), -1);
}

std::vector<GateRow> check(const RunProfile &base, const RunProfile &now, GatePolicy policy = {}) {
  const auto baseline = learnBaseline({base});
  EXPECT_TRUE(baseline) << baseline.error().message;
  auto rows = checkWorld(*baseline, now, policy);
  for (GateRow &row : checkCounters(*baseline, now, policy)) rows.push_back(std::move(row));
  applyAllows(rows, now, policy);
  return rows;
}

std::vector<std::string> failures(const std::vector<GateRow> &rows) {
  std::vector<std::string> texts;
  for (const GateRow &row : rows)
    if (row.status == GateStatus::kFail || row.status == GateStatus::kError)
      texts.push_back(row.verdict + " " + row.level + " " + row.counter + " " + row.site.function);
  return texts;
}

TEST(CounterCheck, UnchangedCodePasses) {
  EXPECT_THAT(failures(check(loop({}), loop({}))), testing::IsEmpty());
  EXPECT_THAT(failures(check(loop({.period = 10, .steps = 48}), loop({.period = 10, .steps = 51}))),
              testing::IsEmpty());
}

TEST(CounterCheck, OneMoreOfEachIsFoundAtItsSite) {
  EXPECT_THAT(
      failures(check(loop({}), loop({.evaluation = 1}))),
      testing::IsSupersetOf({"HG001 step host_syncs evaluate", "HG001 site host_syncs evaluate"}));
  EXPECT_THAT(
      failures(check(loop({}), loop({.allocations = 3}))),
      testing::IsSupersetOf({"HG004 step allocations train", "HG004 site allocations train"}));
  EXPECT_THAT(failures(check(loop({}), loop({.launches = 4}))),
              testing::IsSupersetOf({"HG002 step launches train", "HG002 site launches train"}));
  EXPECT_THAT(failures(check(loop({.steps = 48}), loop({.period = 10, .steps = 48}))),
              testing::Contains("HG001 site host_syncs log"));
}

TEST(CounterCheck, LessIsAnImprovementAndMovedWorkIsNone) {
  const auto less = check(loop({.syncs = 2}), loop({.syncs = 1}));
  EXPECT_THAT(failures(less), testing::IsEmpty());
  EXPECT_TRUE(std::ranges::any_of(less, [](const GateRow &row) {
    return row.counter == "host_syncs" && row.level == "step" &&
           row.status == GateStatus::kImproved;
  }));
  const auto moved =
      check(loop({.syncs = 2, .evaluation = 0}), loop({.syncs = 1, .evaluation = 1}));
  EXPECT_THAT(failures(moved), testing::IsEmpty());
  EXPECT_TRUE(std::ranges::any_of(
      moved, [](const GateRow &row) { return row.status == GateStatus::kMoved; }));
  EXPECT_THAT(failures(check(loop({}), loop({.phase = "fwd"}))), testing::IsEmpty())
      << "renamed phase";
}

TEST(CounterCheck, ACollapseIsNoImprovement) {
  const auto rows =
      check(loop({.launches = 12}), loop({.syncs = 0, .allocations = 0, .launches = 1}));
  EXPECT_THAT(failures(rows), testing::Contains(testing::HasSubstr("HG034 run launches")));
  // Without its only sync the rest of the work goes on: a repair.
  EXPECT_THAT(failures(check(loop({}), loop({.syncs = 0}))), testing::IsEmpty());
}

TEST(CounterCheck, AnotherWorldIsRefused) {
  RunProfile other = loop({});
  other.fingerprint.deviceClass = "h100";
  other.fingerprint.torch = "2.12.0";
  EXPECT_THAT(failures(check(loop({}), other)), testing::SizeIs(2));
  EXPECT_THAT(failures(check(loop({}), other, {.mismatchWarns = true})), testing::IsEmpty());
  RunProfile blind = loop({});
  std::erase(blind.counted, "allocations");
  EXPECT_THAT(failures(check(loop({}), blind)), testing::Contains(testing::HasSubstr("HG039")));
}

TEST(CounterCheck, NothingMeasuredIsAnError) {
  RunProfile none = loop({.steps = 2});
  EXPECT_TRUE(none.durations.empty());
  EXPECT_EQ(checkRun(none, {}).front().verdict, "HG031");
  RunProfile crashed = loop({});
  crashed.exitStatus = 1;
  EXPECT_EQ(checkRun(crashed, {}).front().verdict, "HG038");
  RunProfile lossy = loop({});
  lossy.lost.push_back("records were dropped");
  EXPECT_EQ(checkRun(lossy, {}).front().status, GateStatus::kError);
  EXPECT_EQ(checkRun(lossy, {.lossWarns = true}).front().status, GateStatus::kWarn);
}

TEST(CounterCheck, BudgetsAndAllowEntries) {
  GatePolicy policy;
  policy.today = "2026-06-01";
  policy.allows.push_back({"HG001", "", "script.py:evaluate", 0, "2026-12-31", "meant", 3});
  EXPECT_THAT(failures(check(loop({}), loop({.evaluation = 1}), policy)), testing::IsEmpty());
  policy.allows[0].until = "2026-05-31";
  const auto expired = check(loop({}), loop({.evaluation = 1}), policy);
  EXPECT_THAT(failures(expired), testing::Not(testing::IsEmpty()));
  EXPECT_EQ(expired.back().verdict, "HG036");
  policy.allows[0] = {"HG001", "", "script.py:evaluate", 500, "2026-12-31", "rarely", 3};
  EXPECT_THAT(failures(check(loop({}), loop({.evaluation = 1}), policy)),
              testing::Not(testing::IsEmpty()));

  GatePolicy budget;
  budget.budgets.push_back(
      {"**",
       "",
       {{"host_syncs", 1.0, std::nullopt, std::nullopt, GateLevel::kError, "max 1"}},
       {},
       7});
  EXPECT_EQ(checkBudgets(loop({}), budget).front().status, GateStatus::kOk);
  EXPECT_EQ(checkBudgets(loop({.syncs = 2}), budget).front().verdict, "HG020");
  budget.budgets[0].phase = "forw*";
  EXPECT_EQ(checkBudgets(loop({.syncs = 2}), budget).front().phase, "forward");
  budget.budgets[0] = {
      "**", "", {{"host_syncs", std::nullopt, 2.0, std::nullopt, GateLevel::kError, "+2"}}, {}, 7};
  EXPECT_THAT(failures(check(loop({}), loop({.evaluation = 2}), budget)), testing::IsEmpty());
  EXPECT_THAT(failures(check(loop({}), loop({.evaluation = 3}), budget)),
              testing::Not(testing::IsEmpty()));
}

// A share of nothing is nothing: what the step may grow by, a new place may have.
TEST(CounterCheck, ALimitOfTheWholeStepCoversItsPlaces) {
  GatePolicy policy;
  policy.budgets.push_back(
      {"**",
       "",
       {{"host_syncs", std::nullopt, std::nullopt, 0.5, GateLevel::kError, "+50%"}},
       {},
       0});
  const RunProfile before = loop({.syncs = 2});
  EXPECT_THAT(failures(check(before, loop({.syncs = 2, .evaluation = 1}), policy)),
              testing::IsEmpty());
  EXPECT_THAT(
      failures(check(before, loop({.syncs = 2, .evaluation = 2}), policy)),
      testing::IsSupersetOf({"HG001 step host_syncs evaluate", "HG001 site host_syncs evaluate"}));
  // A budget of a phase keeps its own word.
  policy.budgets.insert(policy.budgets.begin(),
                        {"forward",
                         "",
                         {{"host_syncs", std::nullopt, 0.0, std::nullopt, GateLevel::kError, "+0"}},
                         {},
                         3});
  EXPECT_THAT(failures(check(before, loop({.syncs = 3}), policy)),
              testing::Contains("HG001 phase host_syncs train"));
}

TEST(CounterCheck, RegistersOfAKernelFamilyAreLimited) {
  RunProfile run = loop({});
  for (const auto &[family, registers] : {std::pair("gemm_a", 128), std::pair("gemm_b", 200)}) {
    TimeOwner kernel;
    kernel.category = "kernel";
    kernel.phase = "forward";
    kernel.family = family;
    kernel.registers = registers;
    run.owners.push_back(kernel);
  }
  GatePolicy policy;
  policy.budgets.push_back(
      {"**",
       "gemm_*",
       {{"registers", 168.0, std::nullopt, std::nullopt, GateLevel::kError, "max 168"}},
       {},
       3});
  const auto over = checkBudgets(run, policy);
  ASSERT_EQ(over.size(), 1u);
  EXPECT_EQ(over[0].verdict, "HG020");
  EXPECT_EQ(over[0].now, 200);
  EXPECT_THAT(over[0].message, testing::HasSubstr("200, at most 168"));
  EXPECT_EQ(over[0].kernel, "gemm_*");
  policy.budgets[0].kernel = "gemm_a";
  EXPECT_EQ(checkBudgets(run, policy)[0].status, GateStatus::kOk);
  // What no run records is never taken for a limit that was kept.
  policy.budgets[0].counters[0].counter = "spilled_bytes";
  const auto unknown = checkBudgets(run, policy);
  ASSERT_EQ(unknown.size(), 1u);
  EXPECT_EQ(unknown[0].verdict, "HG039");
  EXPECT_THAT(unknown[0].message, testing::HasSubstr("not checked: runs do not record"));
}

// A budget that nothing is held against says so: a phase that was renamed must not turn it off.
TEST(CounterCheck, ABudgetThatLimitsNothingWarns) {
  const auto message = [](const std::string &phase, const std::string &kernel,
                          const std::string &counter) {
    GatePolicy policy;
    policy.budgets.push_back(
        {phase,
         kernel,
         {{counter, 1e9, std::nullopt, std::nullopt, GateLevel::kError, "max"}},
         {},
         7});
    const auto rows = checkBudgets(loop({}), policy);
    EXPECT_EQ(rows.size(), 1u);
    if (rows[0].status == GateStatus::kOk) return std::string("ok");
    EXPECT_EQ(rows[0].status, GateStatus::kWarn);
    EXPECT_EQ(rows[0].verdict, "HG039");
    return rows[0].message;
  };
  EXPECT_EQ(message("**", "", "host_syncs"), "ok");
  EXPECT_EQ(message("forward", "", "host_syncs"), "ok");
  EXPECT_EQ(message("fwd/**", "", "host_syncs"),
            "the budget in line 7 limits nothing: no phase of the run matches \"fwd/**\"");
  EXPECT_EQ(message("**", "", "h2d_bytes"),
            "the budget in line 7 limits nothing: H2D bytes were not measured in this run");
  EXPECT_EQ(message("**", "gemm_*", "registers"),
            "the budget in line 7 limits nothing: the run has no records of kernels");
}

TEST(CounterCheck, AHigherPeakAndMemoryKeptFail) {
  const auto memory = [](std::int64_t more, bool keep) {
    ScriptedLoop script;
    for (int step = 0; step < 24; ++step) {
      script.beginStep();
      script.begin("aten::empty", "train");
      const auto block = script.allocate(4096 + more);
      script.end();
      if (!keep) script.free(block);
      script.endStep();
    }
    return profileRun(script.build(), -1);
  };
  EXPECT_THAT(failures(check(memory(0, false), memory(0, false))), testing::IsEmpty());
  EXPECT_THAT(failures(check(memory(0, false), memory(4096, false))),
              testing::Contains("HG012 step peak_bytes "));
  EXPECT_THAT(failures(check(memory(0, false), memory(0, true))),
              testing::IsSupersetOf({"HG012 step peak_bytes ", "HG013 step kept_bytes "}));
}

TEST(CounterCheck, AHundredThousandSites) {
  RunProfile base = loop({});
  for (int i = 0; i < 100'000; ++i) {
    CounterSeries series;
    series.counter = "host_syncs";
    series.level = SeriesLevel::kSite;
    series.phase = "forward";
    series.file = "f" + std::to_string(i % 300) + ".py";
    series.function = "g" + std::to_string(i);
    series.values.assign(base.durations.size(), 1);
    base.series.push_back(std::move(series));
  }
  std::sort(base.series.begin(), base.series.end());
  RunProfile now = base;
  for (CounterSeries &series : now.series)
    if (series.function.starts_with("g")) series.function += "x"; // every one renamed
  const auto rows = check(base, now);
  EXPECT_GT(rows.size(), 200'000u);
  EXPECT_THAT(failures(rows), testing::IsEmpty());
}

// The clock of the machine jumps, forth or back, in the middle of a step: what is counted stays
// what it was, and one sync more is found all the same.
TEST(CounterCheck, ClockJumpsChangeNoCounter) {
  const auto jumping = [](std::int64_t jump, int syncs) {
    ScriptedLoop script;
    script.setNow(8'000'000'000'000);
    for (int step = 0; step < 24; ++step) {
      script.beginStep();
      for (int i = 0; i < 3; ++i) script.op("aten::mm", "train");
      if (step == 12) script.wait(jump);
      for (int i = 0; i < syncs; ++i) script.op("aten::_local_scalar_dense", "train");
      script.endStep();
    }
    return profileRun(script.build(), -1);
  };
  const RunProfile base = jumping(0, 1);
  for (const std::int64_t jump :
       {std::int64_t{3'600'000'000'000}, std::int64_t{-3'600'000'000'000}, std::int64_t{-5'000}}) {
    SCOPED_TRACE(jump);
    const RunProfile same = jumping(jump, 1);
    EXPECT_THAT(failures(check(base, same)), testing::IsEmpty());
    EXPECT_THAT(failures(check(base, jumping(jump, 2))),
                testing::Contains("HG001 step host_syncs train"));
  }
}

TEST(CounterCheck, TheNewLineIsNamed) {
  const auto lines = [](std::vector<std::uint32_t> numbers) {
    std::vector<SeriesLine> all;
    for (const std::uint32_t number : numbers) all.push_back({number, "aten::item", 1});
    return all;
  };
  EXPECT_EQ(newLine({}, lines({12})), 12u);
  EXPECT_EQ(newLine({10, 20}, lines({10, 15, 20})), 15u);
  EXPECT_EQ(newLine({10, 20}, lines({10, 20, 25})), 25u);
  EXPECT_EQ(newLine({10, 20, 30}, lines({13, 14, 24, 34})), 13u) << "all moved down by four";
  EXPECT_EQ(newLine({10}, lines({10})), 10u);
}

TEST(CounterCheck, GlobsMatchPathsAndSites) {
  EXPECT_TRUE(globMatches("forward/*", "forward/layer *"));
  EXPECT_FALSE(globMatches("forward/*", "forward/layer */experts"));
  EXPECT_TRUE(globMatches("forward/**", "forward/layer */experts"));
  EXPECT_TRUE(globMatches("**", ""));
  EXPECT_TRUE(globMatches("**/experts", "forward/experts"));
  EXPECT_TRUE(siteMatches("train.py:checkpoint", "src/train.py", "checkpoint"));
  EXPECT_FALSE(siteMatches("train.py:checkpoint", "src/train.py", "loop"));
  EXPECT_TRUE(siteMatches("tests/*", "tests/a.py", "x"));
  EXPECT_FALSE(globMatches(std::string(40, '*') + "a", std::string(2000, 'b'))) << "ends in time";
}

} // namespace
} // namespace hotloop
