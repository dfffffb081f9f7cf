#include "analyzers/analysis.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "analyzers/results.h"
#include "analyzers/rules/builtin_rules.h"
#include "analyzers/rules/rule_runner.h"
#include "core/trace/table_rows.h"
#include "tests/support/scripted_loop.h"
#include "tests/unit/analyzers/made_runs.h"

namespace hotloop {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using namespace test_support;

Analysis analyzed(const TraceView &trace, const AnalysisOptions &options = {}) {
  auto analysis = analyze(trace, options);
  EXPECT_TRUE(analysis.has_value());
  return std::move(analysis).value();
}

bool names(const Finding &finding, const PlantInfo &plant) {
  return finding.rule == plant.rule && finding.variant == plant.variant &&
         finding.site.file == plant.file && finding.site.line == plant.line &&
         finding.site.function == plant.function;
}

// The rules on read-backs, shapes, expert loops and routers; others have tests of their own.
constexpr Plant kPlants[] = {Plant::kItem,   Plant::kBranch,     Plant::kPrint,
                             Plant::kMask,   Plant::kNonzero,    Plant::kUnique,
                             Plant::kRepeat, Plant::kExpertLoop, Plant::kUnfusedRouter};

TEST(AnalyzeMadeRun, NamesEveryPlantAloneAtItsPlace) {
  for (const Plant plant : kPlants) {
    MadeRun about;
    const TraceView trace = made({.events = 20'000, .plants = {plant}}, &about);
    const Analysis analysis = analyzed(trace);
    const PlantInfo &info = plantInfo(plant);
    ASSERT_THAT(analysis.findings, SizeIs(1)) << info.name;
    EXPECT_TRUE(names(analysis.findings[0], info)) << info.name;
    EXPECT_DOUBLE_EQ(analysis.findings[0].perStep, plant == Plant::kPrint
                                                       ? 3 // values read for one print
                                                       : about.planted[0].perStep)
        << info.name;
    EXPECT_THAT(analysis.findings[0].gain.whyNone, HasSubstr("no device records"));
  }
}

TEST(AnalyzeMadeRun, NamesThemTogetherToo) {
  for (const bool device : {false, true}) {
    MakeRunOptions options{.events = 60'000, .device = device};
    options.plants.assign(std::begin(kPlants), std::end(kPlants));
    const Analysis analysis = analyzed(made(options));
    // On a device the replay may find one not worth a change, or cannot resolve its gain: it is
    // named with its number.
    std::vector<Finding> named = analysis.findings;
    for (const auto *list : {&analysis.notWorth, &analysis.unresolved})
      if (device) named.insert(named.end(), list->begin(), list->end());
    for (const Plant plant : kPlants)
      EXPECT_EQ(
          std::ranges::count_if(
              named, [&](const Finding &finding) { return names(finding, plantInfo(plant)); }),
          1)
          << plantInfo(plant).name << " device " << device;
  }
}

TEST(AnalyzeMadeRun, FindsNothingInACleanRun) {
  for (const bool device : {false, true})
    for (const StepMarks marks :
         {StepMarks::kApi, StepMarks::kNvtx, StepMarks::kProfiler, StepMarks::kNone}) {
      const Analysis analysis =
          analyzed(made({.events = 30'000, .device = device, .marks = marks}));
      EXPECT_THAT(analysis.steps.whyNone, IsEmpty());
      // On a device the made loop does have chains of small kernels in every step.
      for (const Finding &finding : analysis.findings)
        EXPECT_TRUE(device && (finding.rule == "HL302" || finding.rule == "HL303"))
            << finding.rule << " " << finding.title;
      for (const NotChecked &rule : analysis.notChecked)
        EXPECT_THAT(rule.reason, testing::EndsWith("."));
    }
}

TEST(AnalyzeMadeRun, CountsPerStep) {
  MadeRun about;
  const Analysis analysis =
      analyzed(made({.events = 20'000, .plants = {Plant::kItem, Plant::kNonzero}}, &about));
  EXPECT_EQ(analysis.steps.total, static_cast<std::int64_t>(about.steps));
  EXPECT_EQ(analysis.steps.steady, analysis.steps.total - 2); // two are made as warm-up
  EXPECT_GE(analysis.steps.period, analysis.steps.duration);
  EXPECT_LE(analysis.steps.p10, analysis.steps.p90);
  EXPECT_EQ(analysis.perStep.hostSyncs, 1 + about.planted[1].perStep);
  EXPECT_EQ(analysis.perStep.felt, Felt::kWould);
  EXPECT_EQ(analysis.perStep.kernels, std::nullopt);
  EXPECT_EQ(analysis.perStep.copies, std::nullopt);
  EXPECT_EQ(analysis.perStep.graphLaunches, std::nullopt);
  EXPECT_GT(analysis.perStep.allocatedBytes, 0.0);
}

TEST(AnalyzeMadeRun, TakesMeasuredCountsFromADevice) {
  MakeRunOptions options{.events = 30'000, .device = true, .plants = {Plant::kItem}};
  const Analysis analysis = analyzed(made(options));
  EXPECT_EQ(analysis.perStep.felt, Felt::kMeasured);
  EXPECT_GT(analysis.perStep.kernels, 0.0);
  EXPECT_GT(analysis.perStep.launches, 0.0);
  EXPECT_EQ(analysis.perStep.graphLaunches, 0.0);
  EXPECT_GE(analysis.perStep.hostSyncs, 1.0);
  EXPECT_GE(analysis.perStep.copies, 1.0);
  options.graph = true;
  EXPECT_EQ(analyzed(made(options)).perStep.graphLaunches, 1.0);
}

TEST(AnalyzeMadeRun, CostTablesAddUp) {
  const Analysis analysis = analyzed(made({.events = 20'000, .plants = {Plant::kMask}}));
  const auto sum = [](const std::vector<CostRow> &rows, auto member) {
    double total = 0;
    for (const CostRow &row : rows) total += row.*member;
    return total;
  };
  ASSERT_THAT(analysis.operators, Not(IsEmpty()));
  EXPECT_TRUE(std::ranges::is_sorted(analysis.operators, std::ranges::greater(),
                                     [](const CostRow &row) { return row.selfTime; }));
  EXPECT_NEAR(sum(analysis.operators, &CostRow::launches), sum(analysis.sites, &CostRow::launches),
              1e-6);
  EXPECT_NEAR(sum(analysis.operators, &CostRow::hostSyncs), *analysis.perStep.hostSyncs, 1e-6);
  EXPECT_NEAR(sum(analysis.sites, &CostRow::hostSyncs), *analysis.perStep.hostSyncs, 1e-6);
  for (const CostRow &row : analysis.operators) EXPECT_LE(row.selfTime, row.totalTime) << row.name;
}

// The rows of a run in another order are the same run.
TEST(AnalyzeMadeRun, DoesNotDependOnTheOrderOfRows) {
  const TraceView forward = made({.events = 5'000, .plants = {Plant::kItem, Plant::kExpertLoop}});
  TraceBuilder builder;
  const TraceData &data = *forward;
  for (std::uint32_t id = 1; id < data.strings.size(); ++id)
    builder.intern(forward.text(StringId(id)));
  AllTables::forEach([&]<class Table>() {
    const auto &columns = data.columns<Table>();
    for (std::size_t i = rowCount<Table>(columns); i-- > 0;) builder.add(rowAt<Table>(columns, i));
  });
  const Analysis a = analyzed(forward);
  const Analysis b = analyzed(std::move(builder.build()).value());
  EXPECT_EQ(a.perStep.hostSyncs, b.perStep.hostSyncs);
  ASSERT_EQ(a.findings.size(), b.findings.size());
  for (std::size_t i = 0; i < a.findings.size(); ++i) {
    EXPECT_EQ(a.findings[i].title, b.findings[i].title);
    EXPECT_EQ(a.findings[i].site, b.findings[i].site);
    EXPECT_EQ(a.findings[i].hostTime, b.findings[i].hostTime);
  }
}

TEST(Analyze, SaysWhyAnEmptyRunHasNothing) {
  TraceBuilder builder;
  const Analysis analysis = analyzed(std::move(builder.build()).value());
  EXPECT_THAT(analysis.steps.whyNone, HasSubstr("hotloop_step_begin"));
  EXPECT_EQ(analysis.perStep.operators, std::nullopt);
  EXPECT_THAT(analysis.findings, IsEmpty());
  EXPECT_THAT(analysis.notChecked, SizeIs(builtinRules().size()));
  ASSERT_THAT(analysis.extraQuality, SizeIs(1));
  EXPECT_EQ(analysis.extraStrings.text(analysis.extraQuality[0].name), "no_steps");
}

TEST(Analyze, SaysWhyStepsWithoutOperatorsCannotBeChecked) {
  ScriptedLoop loop;
  for (int i = 0; i < 10; ++i) {
    loop.beginStep();
    loop.wait(1000);
    loop.endStep();
  }
  const Analysis analysis = analyzed(loop.build());
  EXPECT_EQ(analysis.steps.steady, 9);
  EXPECT_EQ(analysis.perStep.operators, std::nullopt);
  EXPECT_THAT(analysis.notChecked,
              testing::Contains(testing::Field(&NotChecked::rule, testing::Eq("HL101"))));
}

TEST(Analyze, RejectsUnknownRulesAndSkipsAsked) {
  const TraceView trace = made({.events = 20'000, .plants = {Plant::kItem, Plant::kUnique}});
  AnalysisOptions options;
  options.onlyRules = {"HL999"};
  const auto unknown = analyze(trace, options);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().kind, ErrorKind::kInvalidInput);
  EXPECT_THAT(unknown.error().message,
              HasSubstr("There is no rule HL999; the rules are HL101, HL102"));
  options.onlyRules = {};
  options.skipRules = {"HL101"};
  const Analysis skipped = analyzed(trace, options);
  ASSERT_THAT(skipped.findings, SizeIs(1));
  EXPECT_EQ(skipped.findings[0].rule, "HL103");
  const auto off = std::ranges::find(skipped.notChecked, "HL101", &NotChecked::rule);
  ASSERT_NE(off, skipped.notChecked.end());
  EXPECT_EQ(off->reason, "Switched off for this analysis.");
  options.onlyRules = {"HL101"};
  options.skipRules = {};
  EXPECT_THAT(analyzed(trace, options).findings, SizeIs(1));
  EXPECT_THAT(analyzed(trace, options).ruleMilliseconds, SizeIs(1));
}

TEST(BuiltinRules, AreWellFormed) {
  std::set<std::string_view> ids;
  for (const Rule &rule : builtinRules()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_TRUE(rule.id.starts_with("HL") && rule.id.size() == 5) << rule.id;
    EXPECT_FALSE(rule.name.empty() || rule.summary.empty() || rule.summary.ends_with('.'))
        << rule.id;
    EXPECT_NE(rule.run, nullptr);
  }
}

Finding goodFinding() {
  Finding finding;
  finding.rule = "HL101";
  finding.title = "Something";
  finding.fix = finding.mayNotPay = finding.doc = "x";
  finding.gain.whyNone = "x";
  finding.evidence.push_back({"op", 1, "x"});
  return finding;
}

TEST(RuleRunner, RecognisesBadFindings) {
  ScriptedLoop loop;
  loop.op("aten::mm");
  const TraceView trace = loop.build();
  EXPECT_THAT(defectOf(trace, goodFinding()), IsEmpty());
  const auto spoiled = [&](auto &&spoil) {
    Finding finding = goodFinding();
    spoil(finding);
    return defectOf(trace, finding);
  };
  EXPECT_THAT(spoiled([](Finding &f) { f.evidence.clear(); }), HasSubstr("no evidence"));
  EXPECT_THAT(spoiled([](Finding &f) { f.evidence[0].row = 2; }), HasSubstr("does not exist"));
  EXPECT_THAT(spoiled([](Finding &f) { f.evidence[0].table = "nothing"; }),
              HasSubstr("does not exist"));
  EXPECT_THAT(spoiled([](Finding &f) { f.perStep = 0.0 / 0.0; }), HasSubstr("not finite"));
  EXPECT_THAT(spoiled([](Finding &f) { f.title += "."; }), HasSubstr("full stop"));
  EXPECT_THAT(spoiled([](Finding &f) { f.fix.clear(); }), HasSubstr("lacks"));
  EXPECT_THAT(spoiled([](Finding &f) { f.gain.whyNone.clear(); }), HasSubstr("does not say why"));
}

TEST(RuleRunner, RanksMeasuredHostTimeBeforeWouldBeCounts) {
  Finding slow = goodFinding();
  slow.felt = Felt::kMeasured;
  slow.hostTime = Nanoseconds(500);
  Finding slower = slow;
  slower.hostTime = Nanoseconds(900);
  Finding often = goodFinding();
  often.perStep = 64;
  Finding once = goodFinding();
  once.perStep = 1;
  std::vector<Finding> findings{once, slow, often, slower};
  std::ranges::sort(findings, ranksBefore);
  EXPECT_EQ(findings[0].hostTime.count, 900);
  EXPECT_EQ(findings[1].hostTime.count, 500);
  EXPECT_EQ(findings[2].perStep, 64);
  EXPECT_EQ(findings[3].perStep, 1);
}

TEST(Results, HoldWhatTheAnalysisSays) {
  MakeRunOptions options{.events = 20'000, .marks = StepMarks::kNvtx};
  options.plants = {Plant::kItem, Plant::kMask};
  const TraceView trace = made(options);
  const Analysis analysis = analyzed(trace);
  TraceBuilder builder;
  storeResults(trace, analysis, builder);
  const TraceView stored = std::move(builder.build()).value();

  ASSERT_EQ(stored->steps.start.size(), analysis.stepTable.all.size());
  EXPECT_FALSE(stored->steps.steady[0]);
  EXPECT_TRUE(stored->steps.steady.back());

  double syncs = 0;
  const auto &counters = stored->stepCounters;
  for (std::size_t i = 0; i < counters.step.size(); ++i) {
    ASSERT_GE(counters.step[i], 1u);
    ASSERT_LE(counters.step[i], stored->steps.start.size());
    EXPECT_NE(counters.value[i], 0);
    if (stored.text(counters.counter[i]) == "host_syncs" &&
        stored->steps.steady[counters.step[i] - 1])
      syncs += counters.value[i];
  }
  EXPECT_EQ(syncs / static_cast<double>(analysis.steps.steady), *analysis.perStep.hostSyncs);

  ASSERT_EQ(stored->findings.id.size(), analysis.findings.size());
  EXPECT_EQ(stored.text(stored->findings.title[0]), analysis.findings[0].title);
  EXPECT_THAT(std::string(stored.text(stored->findings.json[0])), HasSubstr("\"rule\""));
  EXPECT_GE(stored->evidence.finding.size(), analysis.findings.size());
}

TEST(LaneSummaries, TakeTheUnionOfEvents) {
  ScriptedLoop loop;
  loop.begin("aten::linear");
  loop.op("aten::addmm", {}, 500);
  loop.end(100);
  loop.wait(10'000);
  loop.op("aten::relu", {}, 300);
  const TraceView trace = loop.build();
  const auto rows = laneSummaries(trace);
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].events, 3);
  EXPECT_EQ(rows[0].busy, trace->ops.duration[0] + trace->ops.duration[2]);
  EXPECT_EQ(rows[0].first, trace->ops.start[0]);
  EXPECT_EQ(rows[0].last, trace->ops.start[2] + trace->ops.duration[2]);
}

} // namespace
} // namespace hotloop
