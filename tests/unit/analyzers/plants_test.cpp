// Every habit that a made run can hold, with its benign twin: what the rules say of it, as recall
// and precision per rule. tests/unit/samples prints the same of recorded programs.

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "analyzers/analysis.h"
#include "analyzers/rules/builtin_rules.h"
#include "tests/support/plants/device_plants.h"
#include "tests/unit/analyzers/made_runs.h"

namespace hotloop {
namespace {

using namespace test_support;

struct Score {
  int expected = 0, found = 0, unexpected = 0;
};
using Scores = std::map<std::string, Score>; // by rule

struct Expected {
  std::string_view rule, variant, function;
};

bool matches(const Finding &finding, const Expected &expected) {
  return finding.rule == expected.rule && finding.variant == expected.variant &&
         (expected.function.empty() || finding.site.function == expected.function);
}

std::string lineOf(const Finding &finding) {
  std::string line = "\n    " + finding.rule + " " + finding.variant + " at " +
                     finding.site.text() + ": " + finding.title + "; " + finding.mayNotPay;
  if (finding.gain.estimate)
    line += " [" + std::to_string(finding.gain.estimate->ms) + " ms, trust " +
            finding.gain.estimate->trust + "]";
  else
    line += " [" + finding.gain.whyNone + "]";
  return line;
}

std::string linesOf(const std::vector<Finding> &findings) {
  std::string lines;
  for (const Finding &finding : findings) lines += lineOf(finding);
  return lines.empty() ? "\n    nothing" : lines;
}

// What every report promises, whatever was planted.
void checkPromises(const Analysis &analysis, std::string_view name) {
  for (const auto *list :
       {&analysis.findings, &analysis.notWorth, &analysis.unresolved, &analysis.seldom})
    for (const Finding &finding : *list) {
      EXPECT_TRUE(finding.gain.estimate.has_value() || !finding.gain.whyNone.empty())
          << name << lineOf(finding);
      EXPECT_FALSE(finding.mayNotPay.empty()) << name << lineOf(finding);
    }
  for (const auto *list : {&analysis.notWorth, &analysis.unresolved})
    for (const Finding &finding : *list) EXPECT_GE(finding.perStep, 0.5) << name << lineOf(finding);
  for (const NotChecked &rule : analysis.notChecked)
    EXPECT_TRUE(rule.reason.ends_with('.')) << name << " " << rule.rule << " " << rule.reason;
}

void judge(const Analysis &analysis, std::string_view name, const std::vector<Expected> &expected,
           const std::vector<std::string_view> &also, Scores &scores) {
  checkPromises(analysis, name);
  EXPECT_GT(analysis.steps.steady, 20) << name << analysis.steps.whyNone;
  for (const Expected &one : expected) {
    Score &score = scores[std::string(one.rule)];
    const bool found =
        std::ranges::any_of(analysis.findings, [&](const Finding &f) { return matches(f, one); });
    ++score.expected;
    score.found += found ? 1 : 0;
    if (!found)
      std::printf("%s: %s was not found\n  findings%s\n  not worth it%s\n  unresolved%s\n",
                  std::string(name).c_str(), std::string(one.rule).c_str(),
                  linesOf(analysis.findings).c_str(), linesOf(analysis.notWorth).c_str(),
                  linesOf(analysis.unresolved).c_str());
  }
  for (const Finding &finding : analysis.findings) {
    const bool meant =
        std::ranges::any_of(expected, [&](const Expected &one) { return matches(finding, one); });
    if (meant || std::ranges::find(also, finding.rule) != also.end()) continue;
    ++scores[finding.rule].unexpected;
    std::printf("%s: unexpected%s\n", std::string(name).c_str(), lineOf(finding).c_str());
  }
}

Analysis analyzedDevice(const DevicePlant *plant, PlantForm form) {
  TraceBuilder builder;
  playDeviceRun(builder, plant, form);
  auto analysis = analyze(std::move(builder.build()).value());
  EXPECT_TRUE(analysis.has_value());
  return std::move(analysis).value();
}

void print(const Scores &scores, Score &all) {
  std::printf("%-6s %8s %6s %11s %8s %10s\n", "rule", "expected", "found", "unexpected", "recall",
              "precision");
  for (const auto &[rule, score] : scores) {
    const auto share = [](int part, int whole) { return whole == 0 ? 1.0 : double(part) / whole; };
    std::printf("%-6s %8d %6d %11d %7.0f%% %9.0f%%\n", rule.c_str(), score.expected, score.found,
                score.unexpected, 100 * share(score.found, score.expected),
                100 * share(score.found, score.found + score.unexpected));
    all.expected += score.expected;
    all.found += score.found;
    all.unexpected += score.unexpected;
  }
  std::printf("recall %d/%d, precision %d/%d\n", all.found, all.expected, all.found,
              all.found + all.unexpected);
}

TEST(Plants, AreFoundAndTheirTwinsAreNot) {
  Scores scores;
  judge(analyzedDevice(nullptr, PlantForm::kClean), "clean", {}, {}, scores);
  for (const DevicePlant &plant : devicePlants()) {
    judge(analyzedDevice(&plant, PlantForm::kHabit), plant.name,
          {{plant.rule, plant.variant, plant.function}}, plant.also, scores);
    judge(analyzedDevice(&plant, PlantForm::kTwin), std::string(plant.name) + " (twin)", {}, {},
          scores);
  }
  // Without a device: those of the mixture of experts, each alone. Three are made too small to cost
  // anything there; on a device they have a habit of their own.
  for (const PlantInfo &plant : plantCatalogue()) {
    if (plant.plant == Plant::kAllocation || plant.plant == Plant::kGrowingList ||
        plant.plant == Plant::kPerParameter)
      continue;
    const auto analysis = analyze(made({.events = 20'000, .plants = {plant.plant}}));
    ASSERT_TRUE(analysis.has_value());
    judge(*analysis, plant.name, {{plant.rule, plant.variant, plant.function}}, {}, scores);
  }
  Score all;
  print(scores, all);
  EXPECT_GE(all.found, 0.95 * all.expected);
  EXPECT_LE(all.unexpected, 0.05 * (all.found + all.unexpected));
}

// One rule has no data in any source of records, and says so on every run.
TEST(Plants, StandForEveryRuleThatRecordsSupport) {
  for (const Rule &rule : builtinRules()) {
    const bool planted =
        std::ranges::find(devicePlants(), rule.id, &DevicePlant::rule) != devicePlants().end() ||
        std::ranges::find(plantCatalogue(), rule.id, &PlantInfo::rule) != plantCatalogue().end();
    EXPECT_EQ(planted, rule.id != "HL109") << rule.id;
  }
}

} // namespace
} // namespace hotloop
