#include "cli/filter/row_filter.h"

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
  const auto refused = RowFilter::parse("kernel:x", RowFilter::kStatsKeys);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("keys: site, operator"));
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
