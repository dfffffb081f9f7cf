#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "core/base/stop.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "gui/data/run_document.h"
#include "gui/data/trace/trace_cache.h"
#include "gui/data/what_if_session.h"
#include "tests/support/make_run.h"

namespace hotloop::gui {
namespace {

// One run for all tests of this file.
class Stop : public ::testing::Test {
protected:
  static void SetUpTestSuite() {
    std::string name = (std::filesystem::temp_directory_path() / "hotloop-stop-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
    run = folder + "/run.hotloop";
    setCachePolicy({false, {}, 0});
    auto writer = RunWriter::create(run);
    ASSERT_TRUE(writer.has_value());
    test_support::MakeRunOptions options;
    options.events = 60'000;
    options.device = true;
    for (const auto &info : test_support::plantCatalogue()) options.plants.push_back(info.plant);
    ASSERT_TRUE(test_support::makeRun(**writer, options).has_value());
    ASSERT_TRUE((*writer)->finalise(RunState::kClean).has_value());
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder); }

  // Asks for a stop at `part` of what `work` takes alone; what it gave by then.
  template <class Work> static auto stoppedAt(double part, double milliseconds, Work &&work) {
    std::stop_source stop;
    std::jthread asks([&] {
      std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(part * milliseconds));
      stop.request_stop();
    });
    return work(stop.get_token());
  }
  template <class Work> static double milliseconds(Work &&work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
        .count();
  }

  static inline std::string folder, run;
};

std::stop_token asked() {
  std::stop_source stop;
  stop.request_stop();
  return stop.get_token();
}

TEST(StopPoint, UnwindsToWhoTookTheToken) {
  stopPoint(); // nobody to stop
  std::stop_source outer;
  std::stop_source inner;
  int steps = 0;
  EXPECT_TRUE(runUntilStopped(outer.get_token(), [&] {
    inner.request_stop();
    EXPECT_FALSE(runUntilStopped(inner.get_token(), [&] { ++steps; }));
    stopPoint(); // the inner one is none of its business
    // Work that cannot be stopped hides the outer token: the exception would leave its module.
    outer.request_stop();
    EXPECT_TRUE(runUntilStopped({}, [&] {
      stopPoint();
      ++steps;
    }));
  }));
  EXPECT_EQ(steps, 1);
  std::stop_source source;
  EXPECT_FALSE(runUntilStopped(source.get_token(), [&] {
    source.request_stop();
    stopPoint();
    ++steps;
  }));
  EXPECT_EQ(steps, 1);
}

TEST_F(Stop, WhatIsStoppedBeforeItBeginsIsAnError) {
  const auto loaded = loadRun(run, asked());
  ASSERT_FALSE(loaded.has_value());
  EXPECT_NE(loaded.error().message.find(run), std::string::npos) << loaded.error().message;
  const auto trace = loadRun(run);
  ASSERT_TRUE(trace.has_value());
  AnalysisOptions options;
  options.stop = asked();
  const auto analysis = analyze(*trace, options);
  ASSERT_FALSE(analysis.has_value());
  EXPECT_NE(analysis.error().message.find("stopped"), std::string::npos);
  WhatIfOptions how;
  how.stop = asked();
  EXPECT_NE(WhatIf(*trace, findSteps(*trace, -1), how).whyNone().find("stopped"),
            std::string::npos);
  const auto timeline = openTimeline(run);
  ASSERT_TRUE(timeline.has_value());
  EXPECT_FALSE(withAnalysis(*timeline, asked()).has_value());
  EXPECT_FALSE(WhatIfSession::open(run, asked()).has_value());
}

TEST_F(Stop, AnAnalysisIsLeftAnywhere) {
  const auto timeline = openTimeline(run);
  ASSERT_TRUE(timeline.has_value());
  Result<RunDocumentPtr> whole = RunDocumentPtr();
  const double took = milliseconds([&] { whole = withAnalysis(*timeline, {}); });
  ASSERT_TRUE(whole.has_value());
  ASSERT_FALSE((*whole)->analysis.findings.empty());
  constexpr int kRounds = 24;
  int left = 0;
  for (int i = 0; i < kRounds; ++i) {
    const auto document = stoppedAt(i / (kRounds * 1.1), took, [&](const std::stop_token &stop) {
      return withAnalysis(*timeline, stop);
    });
    if (!document) {
      ++left;
      continue;
    }
    // It was done by then: the whole of it.
    EXPECT_EQ((*document)->analysis.findings.size(), (*whole)->analysis.findings.size());
    EXPECT_EQ((*document)->models.callTree.nodes.size(), (*whole)->models.callTree.nodes.size());
    EXPECT_EQ((*document)->models.profile.owners.size(), (*whole)->models.profile.owners.size());
  }
  EXPECT_GT(left, 0);
}

// Each of the passes over all rows is left from inside, whatever calls it.
TEST_F(Stop, StepsAreNotLookedForToTheEnd) {
  const auto trace = loadRun(run);
  ASSERT_TRUE(trace.has_value());
  std::stop_source stop;
  bool done = false;
  EXPECT_FALSE(runUntilStopped(stop.get_token(), [&] {
    stop.request_stop();
    findSteps(*trace, -1);
    done = true;
  }));
  EXPECT_FALSE(done);
}

TEST_F(Stop, APredictionIsLeft) {
  const auto session = WhatIfSession::open(run);
  ASSERT_TRUE(session.has_value());
  const std::vector<bool> all((*session)->choices().size(), true);
  const FixOutcome whole = (*session)->predict(all);
  ASSERT_EQ(whole.abstained, "");
  const FixOutcome left = (*session)->predict(all, asked());
  EXPECT_NE(left.abstained.find("stopped"), std::string::npos) << left.abstained;
  EXPECT_TRUE(left.parts.empty());
  EXPECT_EQ(left.ms, (*session)->unprofiledMs());
  // Several threads may ask one session; each gets what it would get alone.
  std::vector<FixOutcome> outcomes(3);
  {
    std::vector<std::jthread> threads;
    for (FixOutcome &outcome : outcomes)
      threads.emplace_back([&] { outcome = (*session)->predict(all); });
  }
  for (const FixOutcome &outcome : outcomes) {
    EXPECT_EQ(outcome.ms, whole.ms);
    EXPECT_EQ(outcome.parts.size(), whole.parts.size());
  }
}

TEST_F(Stop, AReplayIsLeftAnywhere) {
  std::size_t choices = 0;
  const double took = milliseconds([&] {
    const auto session = WhatIfSession::open(run);
    ASSERT_TRUE(session.has_value());
    choices = (*session)->choices().size();
  });
  constexpr int kRounds = 10;
  int left = 0;
  for (int i = 0; i < kRounds; ++i) {
    const auto session = stoppedAt(i / (kRounds * 1.1), took, [&](const std::stop_token &stop) {
      return WhatIfSession::open(run, stop);
    });
    if (!session)
      ++left;
    else
      EXPECT_EQ((*session)->choices().size(), choices);
  }
  EXPECT_GT(left, 0);
}

} // namespace
} // namespace hotloop::gui
