// What the rules say about made runs, as text: one file per run in this folder.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "analyzers/analysis.h"
#include "core/trace/trace_builder.h"
#include "tests/support/make_run.h"

namespace hotloop {
namespace {

using test_support::MakeRunOptions;
using test_support::Plant;
using test_support::StepMarks;

std::string textOf(const std::optional<double> &value) {
  return value ? fmt::format("{:g}", *value) : "-";
}

void write(std::string &text, const std::vector<Finding> &findings) {
  for (const Finding &f : findings) {
    text += fmt::format("{}{}{} {}\n", f.rule, f.variant.empty() ? "" : "/", f.variant, f.title);
    text += fmt::format("  at {}{}{}\n", f.site.text(), f.site.rangePath.empty() ? "" : " in ",
                        f.site.rangePath);
    text += fmt::format("  {:g} a step, {} us of host time, {} bytes, {}\n", f.perStep,
                        f.hostTime.count / 1000, f.bytesPerStep,
                        f.felt == Felt::kMeasured ? "measured" : "would");
    text += fmt::format("  first: {}\n", f.evidence.front().description);
  }
}

std::string describe(const Analysis &a) {
  std::string text =
      fmt::format("steps {} steady {} {}\n", a.steps.total, a.steps.steady, a.steps.whyNone);
  text += fmt::format("per step: operators {} launches {} host syncs {} allocations {} kernels {} "
                      "copies {} graph launches {}\n",
                      textOf(a.perStep.operators), textOf(a.perStep.launches),
                      textOf(a.perStep.hostSyncs), textOf(a.perStep.allocations),
                      textOf(a.perStep.kernels), textOf(a.perStep.copies),
                      textOf(a.perStep.graphLaunches));
  for (const QualityRow &row : a.extraQuality)
    text += fmt::format("note: {}\n", a.extraStrings.text(row.message));
  text += "\nfindings\n";
  write(text, a.findings);
  text += "\nless than the run resolves\n";
  write(text, a.unresolved);
  text += "\nnot worth it\n";
  write(text, a.notWorth);
  text += "\nnot checked\n";
  for (const NotChecked &row : a.notChecked) text += fmt::format("{} {}\n", row.rule, row.reason);
  return text;
}

void check(const std::string &name, const MakeRunOptions &options) {
  TraceBuilder builder;
  ASSERT_TRUE(test_support::makeRun(builder, options).has_value());
  auto analysis = analyze(std::move(builder.build()).value());
  ASSERT_TRUE(analysis.has_value());
  const std::string actual = describe(*analysis);

  const char *source = std::getenv("HOTLOOP_SOURCE_DIR");
  ASSERT_NE(source, nullptr) << "run it with ctest";
  const auto path = std::filesystem::path(source) / "tests/golden/analyzers" / (name + ".txt");
  if (std::getenv("HOTLOOP_REBASE") != nullptr) {
    std::ofstream(path) << actual;
    return;
  }
  std::ifstream file(path);
  std::stringstream expected;
  expected << file.rdbuf();
  EXPECT_EQ(actual, expected.str()) << path << ": HOTLOOP_REBASE=1 ctest -L golden writes it anew";
}

std::vector<Plant> everyPlant() {
  std::vector<Plant> plants;
  for (const auto &info : test_support::plantCatalogue()) plants.push_back(info.plant);
  return plants;
}

TEST(Findings, OfACleanRun) { check("clean", {.events = 20'000}); }
TEST(Findings, OfEveryPlantOnTheCpu) {
  check("planted_cpu", {.events = 60'000, .plants = everyPlant()});
}
TEST(Findings, OfEveryPlantOnADevice) {
  check("planted_device", {.events = 60'000, .device = true, .plants = everyPlant()});
}
TEST(Findings, OfUnmarkedSteps) {
  check("unmarked", {.events = 20'000, .marks = StepMarks::kNone, .plants = {Plant::kExpertLoop}});
}
TEST(Findings, OfTooFewSteps) { check("too_few_steps", {.events = 60, .layers = 8}); }

} // namespace
} // namespace hotloop
