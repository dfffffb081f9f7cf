#include "cli/filter/row_filter.h"

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

OwnerDelta owner(const char *family, const char *opPath) {
  OwnerDelta owner;
  owner.family = family;
  owner.opPath = opPath;
  return owner;
}

RowFilter parsed(const char *text) {
  auto filter = RowFilter::parse(text, RowFilter::kDiffKeys);
  EXPECT_TRUE(filter) << filter.error().message;
  return *filter;
}

TEST(RowFilter, RegularExpressionsAreFoundAnywhere) {
  const RowFilter filter = parsed("kernel:/gemm|conv [0-9]+/ -operator:aten::mm");
  EXPECT_TRUE(filter.matches(owner("sm90_gemm_bf16", "aten::linear/aten::addmm")));
  EXPECT_TRUE(filter.matches(owner("conv 3", "")));
  EXPECT_FALSE(filter.matches(owner("conv", "")));
  EXPECT_FALSE(filter.matches(owner("sm90_gemm_bf16", "aten::linear/aten::mm")));
  const std::string longName(100'000, 'a');
  EXPECT_FALSE(parsed("kernel:/(a|b)*c/").matches(owner(longName.c_str(), "")));
}

TEST(RowFilter, AKeyThatACommandLacksIsRefused) {
  const auto refused = RowFilter::parse("category:x", RowFilter::kStatsKeys);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("keys: phase, kernel, site, operator"));
}

TEST(RowFilter, HidesNoFailureOfTheGate) {
  GateReport report;
  const auto add = [&](const char *level, const char *phase, GateStatus status) {
    GateRow &row = report.rows.emplace_back();
    row.level = level;
    row.phase = phase;
    row.counter = "launches";
    row.status = status;
  };
  add("step", "", GateStatus::kOk);
  add("phase", "forward/layer *", GateStatus::kOk);
  add("phase", "optimizer", GateStatus::kOk);
  add("phase", "optimizer", GateStatus::kFail);
  add("phase", "backward", GateStatus::kWarn);
  RowFilter::parse("phase:forward", RowFilter::kGateKeys)->apply(report);
  std::vector<std::string> left;
  for (const GateRow &row : report.rows) left.push_back(row.level + " " + row.phase);
  EXPECT_THAT(left,
              ElementsAre("step ", "phase forward/layer *", "phase optimizer", "phase backward"));
}

TEST(RowFilter, CausesThatDoNotMatchFallTogether) {
  GateReport report;
  report.stepDeltaMs = 3;
  for (const auto &[family, phase, ms] :
       {std::tuple("gemm_a", "forward/attention", 1.0), std::tuple("softmax", "forward", 1.5),
        std::tuple("", "optimizer", 0.5)}) {
    GateCause cause;
    cause.family = family;
    cause.phase = phase;
    cause.deltaMs = ms;
    cause.share = ms / 3;
    report.causes.push_back(cause);
  }
  GateReport kernels = report;
  RowFilter::parse("kernel:gemm_*", RowFilter::kGateKeys)->apply(kernels);
  ASSERT_EQ(kernels.causes.size(), 2u);
  EXPECT_EQ(kernels.causes[0].family, "gemm_a");
  EXPECT_EQ(kernels.causes[1].deltaMs, 2.0) << "what was left out still adds up";
  RowFilter::parse("phase:forward", RowFilter::kGateKeys)->apply(report);
  EXPECT_EQ(report.causes.size(), 3u) << "a phase means those below it too";
}

TEST(RowFilter, PhaseAndKernelFlagsChooseRows) {
  TestFolder folder;
  makeRunFile("a.hotloop", {.events = 20'000, .device = true, .layers = 2});
  makeRunFile("b.hotloop", {.events = 20'000, .seed = 2, .device = true, .layers = 2});
  const auto kernels = [](std::vector<std::string> more) {
    std::vector<std::string> words{"stats", "a.hotloop", "-r", "kernels", "--format", "csv"};
    words.insert(words.end(), more.begin(), more.end());
    return runCli(words).out;
  };
  const std::string all = kernels({});
  EXPECT_THAT(all, HasSubstr("elementwise_kernel,optimizer"));
  EXPECT_EQ(kernels({"--kernel", "at::*"}), all);
  EXPECT_EQ(kernels({"--kernel", "nothing", "--kernel", "/wise/"}), all) << "any of several";
  EXPECT_THAT(kernels({"--kernel", "gemm*"}), Not(HasSubstr("elementwise")));
  const std::string forward = kernels({"--phase", "forward"});
  EXPECT_THAT(forward, HasSubstr("elementwise_kernel,forward/layer */experts"));
  EXPECT_THAT(forward, Not(HasSubstr("optimizer")));
  EXPECT_THAT(kernels({"--phase", "forward", "--filter", "-phase:**/experts"}),
              Not(HasSubstr("experts")))
      << "all words must hold";
  const std::string phases = runCli({"stats", "a.hotloop", "--phase", "forward/**"}).out;
  EXPECT_THAT(phases, HasSubstr("phases (without those below them)"));
  EXPECT_THAT(phases, HasSubstr("kernels by family and phase"));
  EXPECT_THAT(phases, Not(HasSubstr("optimizer")));
  const CliResult wrong = runCli({"stats", "a.hotloop", "-r", "sites", "--phase", "forward"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("use -r phases,kernels"));
  EXPECT_EQ(runCli({"stats", "a.hotloop", "--kernel", "/(/"}).code, 2);
  EXPECT_EQ(runCli({"stats", "a.hotloop", "--phase", ""}).code, 2);
  const std::string diff =
      runCli({"diff", "a.hotloop", "b.hotloop", "--kernel", "at::*", "--phase", "loss"}).out;
  EXPECT_THAT(diff, HasSubstr("left out by the filter"));
  EXPECT_THAT(diff, HasSubstr("elementwise_kernel in loss"));
  EXPECT_THAT(diff, Not(HasSubstr("in optimizer")));
}

// Shares of what owns nothing twice add up to at most the step.
TEST(RowFilter, KernelsAndPhasesHaveTheirShareOfTheStep) {
  TestFolder folder;
  makeRunFile("a.hotloop", {.events = 20'000, .device = true, .layers = 2});
  const auto sharesOf = [](const char *table) {
    const std::string csv =
        runCli({"stats", "a.hotloop", "-r", table, "--sort", "share", "--format", "csv"}).out;
    std::vector<double> shares;
    std::size_t place = 0;
    const std::string head = csv.substr(0, csv.find('\n'));
    for (std::size_t at = head.find("share"), i = 0; i < at; ++i) place += head[i] == ',';
    for (std::size_t begin = csv.find('\n') + 1; begin < csv.size();) {
      std::string line = csv.substr(begin, csv.find('\n', begin) - begin);
      begin += line.size() + 1;
      for (std::size_t i = 0; i < place; ++i) line.erase(0, line.find(',') + 1);
      shares.push_back(std::atof(line.c_str()));
    }
    return shares;
  };
  for (const char *table : {"kernels", "phases", "operators"}) {
    const auto shares = sharesOf(table);
    double sum = 0;
    for (const double share : shares) sum += share;
    EXPECT_GT(sum, 0) << table;
    EXPECT_LE(sum, 1.05) << table;
    EXPECT_TRUE(std::is_sorted(shares.rbegin(), shares.rend())) << table;
  }
  double whole = 0;
  for (const double share : sharesOf("phases")) whole += share;
  EXPECT_NEAR(whole, 1, 1e-9) << "phases own the whole step";
  EXPECT_THAT(runCli({"stats", "a.hotloop", "-r", "operators", "--sort", "share"}).out,
              HasSubstr("share"));
}

TEST(TimeUnits, AreThoseOfTheFlagInWhatPeopleRead) {
  TestFolder folder;
  makeRunFile("a.hotloop", {.events = 20'000, .layers = 2});
  makeRunFile("b.hotloop", {.events = 20'000, .layers = 2, .plants = {test_support::Plant::kItem}});
  const std::string micro = runCli({"stats", "a.hotloop", "--time-unit", "us"}).out;
  EXPECT_THAT(micro, HasSubstr(" us"));
  EXPECT_THAT(micro, Not(HasSubstr(" ms")));
  const std::string diff = runCli({"diff", "a.hotloop", "b.hotloop", "--time-unit", "s"}).out;
  EXPECT_THAT(diff, HasSubstr("A s"));
  EXPECT_THAT(diff, Not(HasSubstr(" ms")));
  EXPECT_EQ(runCli({"diff", "a.hotloop", "b.hotloop", "--json", "--time-unit", "s"}).out,
            runCli({"diff", "a.hotloop", "b.hotloop", "--json"}).out);
  for (const char *format : {"text", "md", "html"}) {
    const std::string report = runCli({"check", "b.hotloop", "--baseline", "a.hotloop", "--format",
                                       format, "--time-unit", "ns"})
                                   .out;
    EXPECT_THAT(report, HasSubstr(" ns")) << format;
    EXPECT_THAT(report, Not(HasSubstr(" ms"))) << format;
  }
  EXPECT_EQ(runCli({"stats", "a.hotloop", "--time-unit", "h"}).code, 2);
}

TEST(DiffSort, ByShareAndByName) {
  TestFolder folder;
  makeRunFile("a.hotloop", {.events = 20'000, .layers = 2});
  makeRunFile("b.hotloop", {.events = 20'000, .layers = 2, .plants = {test_support::Plant::kItem}});
  const auto owners = [](const char *order) {
    const std::string csv =
        runCli({"diff", "a.hotloop", "b.hotloop", "--sort", order, "--format", "csv"}).out;
    std::vector<std::string> names;
    std::vector<double> largest;
    for (std::size_t begin = 0; begin < csv.size();) {
      std::string line = csv.substr(begin, csv.find('\n', begin) - begin);
      begin += line.size() + 1;
      if (!line.starts_with("owner,")) continue;
      names.push_back(line.substr(6, line.find(',', 6) - 6));
      for (int i = 0; i < 5; ++i) line.erase(0, line.find(',') + 1);
      largest.push_back(
          std::max(std::atof(line.c_str()), std::atof(line.substr(line.find(',') + 1).c_str())));
    }
    return std::pair(names, largest);
  };
  const auto share = owners("share").second;
  ASSERT_GT(share.size(), 3u);
  EXPECT_TRUE(std::is_sorted(share.rbegin(), share.rend()));
  const auto names = owners("name").first;
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_NE(owners("delta").first, names);
}

TEST(RowFilter, ChoosesRowsOfStatistics) {
  TestFolder folder;
  test_support::MakeRunOptions options;
  options.events = 2'000;
  makeRunFile("r.hotloop", options);
  const CliResult all = runCli({"stats", "r.hotloop", "-r", "operators", "--format", "csv"});
  ASSERT_THAT(all.out, HasSubstr("aten::"));
  const CliResult none = runCli(
      {"stats", "r.hotloop", "-r", "operators", "--format", "csv", "--filter", "operator:nothing"});
  EXPECT_EQ(none.code, all.code);
  EXPECT_THAT(none.out, Not(HasSubstr("aten::")));
  EXPECT_EQ(runCli({"stats", "r.hotloop", "-r", "operators", "--format", "csv", "--filter",
                    "operator:/^aten::|./"})
                .out,
            all.out);
  EXPECT_THAT(runCli({"stats", "r.hotloop", "--filter", "fase:x"}).err, HasSubstr("--filter"));
}

} // namespace
} // namespace hotloop::cli
