#include "cli/gate/baseline_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hotloop::cli {
namespace {

using testing::HasSubstr;

Baseline sample() {
  Baseline baseline;
  baseline.name = "main";
  baseline.saved = "2026-11-25T22:00:00Z";
  baseline.command = "python \"a b\" \\ \n";
  baseline.runs = 3;
  baseline.steps = 60;
  baseline.counted = {"allocated_bytes", "host_syncs"};
  baseline.fingerprint.deviceClass = "cpu";
  baseline.fingerprint.torch = "2.11.0";
  const auto add = [&](SeriesLevel level, std::vector<std::vector<std::int64_t>> runs) {
    BaselineCounter one{
        "host_syncs", level, level == SeriesLevel::kStep ? "" : "fwd/layer *", "", "", {}, "", {}};
    if (level == SeriesLevel::kSite) {
      one.file = "train \"x\".py";
      one.function = "f<int>";
      one.lines = {12, 14};
      one.op = "aten::item";
    }
    one.learned = learnValues(runs);
    one.learned.runs = 3;
    one.learned.steps = 60;
    baseline.counters.push_back(one);
  };
  add(SeriesLevel::kStep, {std::vector<std::int64_t>(20, 4)});
  add(SeriesLevel::kPhase, {{0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1}});
  add(SeriesLevel::kSite, {{1, 2, 3, 1, 1, 2, 3, 3, 1}, {1, 2, 2, 2, 1, 1}});
  return baseline;
}

TEST(BaselineFile, ReadsWhatItWrote) {
  const Baseline baseline = sample();
  const std::string text = baselineText(baseline);
  const auto read = parseBaseline(text, "x.toml");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(baselineText(*read), text);
  ASSERT_EQ(read->counters.size(), 3u);
  EXPECT_EQ(read->counters[1].learned.cycle, baseline.counters[1].learned.cycle);
  EXPECT_EQ(read->counters[2].learned.seen, baseline.counters[2].learned.seen);
  EXPECT_EQ(read->counters[2].file, "train \"x\".py");
  EXPECT_EQ(read->fingerprint.torch, "2.11.0");
}

TEST(BaselineFile, IsRefusedAfterAnEditByHand) {
  std::string text = baselineText(sample());
  const std::size_t at = text.find("value = 4");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 9, "value = 9");
  const auto read = parseBaseline(text, "x.toml");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("changed by hand"));
  EXPECT_THAT(read.error().message, HasSubstr("accept"));
  EXPECT_TRUE(parseBaseline(text, "x.toml", true)) << "to be sealed";
  // Line ends that git turned are no edit.
  std::string windows;
  for (const char c : baselineText(sample()))
    windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_TRUE(parseBaseline(windows, "x.toml"));
}

TEST(BaselineFile, BadFilesSayWhereAndWhat) {
  const auto message = [](const std::string &text) {
    const auto read = parseBaseline(text, "x.toml", true);
    return read ? std::string("accepted") : read.error().message;
  };
  EXPECT_THAT(message("a = ["), HasSubstr("x.toml:1:"));
  EXPECT_THAT(message(""), HasSubstr("schema"));
  EXPECT_THAT(message("schema = \"hotloop.baseline/9\""), HasSubstr("hotloop.baseline/9"));
  const std::string text = baselineText(sample());
  const auto with = [&](const std::string &from, const std::string &to) {
    std::string changed = text;
    const std::size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return message(changed.replace(at, from.size(), to));
  };
  EXPECT_THAT(with("steps = 60", "stepz = 60"), HasSubstr("did you mean 'steps'"));
  EXPECT_THAT(with("class = \"periodic\"", "class = \"perodic\""), HasSubstr("one of constant"));
  EXPECT_THAT(with("runs = 3", "runs = \"three\""), HasSubstr("whole number"));
  EXPECT_THAT(with("runs = 3", "runs = 0"), HasSubstr("learned from nothing"));
  EXPECT_THAT(with("cycle = [", "cycle = [\"x\", "), HasSubstr("whole numbers"));
  EXPECT_THAT(with("seen = [[", "seen = [3, ["), HasSubstr("[value, how often]"));
}

TEST(BaselineFile, TimesAndAges) {
  EXPECT_EQ(daysSince(utcNow()), 0);
  EXPECT_EQ(daysSince("yesterday"), -1);
  EXPECT_GT(daysSince("2020-01-01T00:00:00Z"), 2000);
}

} // namespace
} // namespace hotloop::cli
