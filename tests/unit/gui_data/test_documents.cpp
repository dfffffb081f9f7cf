#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <numeric>

#include "core/store/run_writer.h"
#include "gui/data/comparison.h"
#include "gui/data/step_shares.h"
#include "gui/data/trace/trace_cache.h"
#include "gui/data/what_if_session.h"
#include "tests/support/make_run.h"

namespace hotloop::gui {
namespace {

class Documents : public ::testing::Test {
protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "hotloop-gui-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    setCachePolicy({false, {}, 0});
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string make(const char *name, std::vector<test_support::Plant> plants) const {
    const std::string path = folder_ + "/" + name;
    auto writer = RunWriter::create(path);
    EXPECT_TRUE(writer.has_value());
    test_support::MakeRunOptions options;
    options.events = 30'000;
    options.device = true;
    options.plants = std::move(plants);
    EXPECT_TRUE(test_support::makeRun(**writer, options).has_value());
    EXPECT_TRUE((*writer)->finalise(RunState::kClean).has_value());
    return path;
  }
  std::string folder_;
};

TEST_F(Documents, PartsOfTheStepAddUpToIt) {
  const auto document = openRun(make("a.hotloop", {test_support::Plant::kItem}));
  ASSERT_TRUE(document.has_value()) << document.error().message;
  const auto bars = stepBars(**document);
  ASSERT_GE(bars.size(), 2u); // owners, a device
  std::int64_t sum = 0;
  for (const StepShare &share : bars.front().shares) {
    EXPECT_GE(share.ns, 0) << share.label;
    sum += share.ns;
  }
  EXPECT_EQ(sum, bars.front().step);
  EXPECT_GE(bars.front().shares.size(), 3u);
}

TEST_F(Documents, TheWaterfallAddsUpToTheDifference) {
  const auto before =
      openRun(make("a.hotloop", {test_support::Plant::kItem, test_support::Plant::kExpertLoop}));
  const auto after = openRun(make("b.hotloop", {}));
  ASSERT_TRUE(before && after);
  const Comparison comparison = compareRuns({*before, *after});
  const double difference = (comparison.times.bMs - comparison.times.aMs) * 1e6;
  double sum = 0;
  for (const WaterfallPart &part : comparison.waterfall) {
    EXPECT_FALSE(part.label.empty());
    sum += part.ns;
  }
  EXPECT_GT(comparison.waterfall.size(), 2u);
  EXPECT_NEAR(sum, difference, 1 + std::abs(difference) * 1e-9);
  EXPECT_LT(difference, 0); // without the planted problems a step is shorter
}

TEST_F(Documents, EveryFindingIsASwitchOfWhatIf) {
  const std::string path =
      make("a.hotloop", {test_support::Plant::kItem, test_support::Plant::kExpertLoop});
  const auto document = openRun(path);
  ASSERT_TRUE(document.has_value());
  const auto session = WhatIfSession::open(path);
  ASSERT_TRUE(session.has_value()) << session.error().message;
  ASSERT_EQ((*session)->whyNone(), "");
  const auto &choices = (*session)->choices();
  const auto &findings = (*document)->analysis.findings;
  ASSERT_GE(choices.size(), findings.size());
  ASSERT_FALSE(findings.empty());
  std::vector<bool> on(choices.size(), false);
  std::size_t predicted = 0;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    EXPECT_EQ(choices[i].finding, static_cast<int>(i + 1));
    EXPECT_EQ(choices[i].what, findings[i].title);
    // Alone it gives what the finding says.
    ASSERT_EQ(choices[i].whyNone.empty(), findings[i].gain.estimate.has_value()) << i;
    if (!findings[i].gain.estimate) continue;
    EXPECT_NEAR(choices[i].gainMs, findings[i].gain.estimate->ms, 1e-6);
    on[i] = true;
    ++predicted;
  }
  ASSERT_GT(predicted, 0u);
  const FixOutcome outcome = (*session)->predict(on);
  EXPECT_EQ(outcome.abstained, "");
  EXPECT_LT(outcome.ms, (*session)->unprofiledMs());
  const double sum =
      std::accumulate(outcome.parts.begin(), outcome.parts.end(), 0.0,
                      [](double all, const auto &part) { return all + part.gainMs; });
  EXPECT_NEAR((*session)->unprofiledMs() - sum, outcome.ms, 1e-6);
  // Fixes that only rules know the places of are switches, too, as the command line has them.
  for (const char *name : {"fuse", "balance"}) {
    const auto choice = std::find_if(choices.begin(), choices.end(), [&](const FixChoice &one) {
      return one.name == name && one.finding == 0;
    });
    ASSERT_NE(choice, choices.end()) << name;
    EXPECT_NE(choice->whyNone.empty(), choice->trust.empty()) << name;
  }
  // Without a switch nothing changes.
  EXPECT_DOUBLE_EQ((*session)->predict(std::vector<bool>(choices.size(), false)).ms,
                   (*session)->unprofiledMs());
}

} // namespace
} // namespace hotloop::gui
