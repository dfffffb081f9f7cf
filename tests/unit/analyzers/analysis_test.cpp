#include "analyzers/analysis.h"

#include <gmock/gmock.h>

#include "tests/unit/analyzers/made_runs.h"

namespace hotloop {
namespace {

using test_support::made;
using test_support::MakeRunOptions;
using test_support::Plant;

TEST(AnalyzeMadeRun, FindsStepsAndCountsPerStep) {
  test_support::MadeRun about;
  const TraceView trace = made({.events = 20'000, .plants = {Plant::kItem}}, &about);
  const auto analysis = analyze(trace);
  ASSERT_TRUE(analysis.has_value());
  EXPECT_EQ(analysis->steps.total, static_cast<std::int64_t>(about.steps));
  EXPECT_EQ(analysis->steps.steady, analysis->steps.total - 2);
  EXPECT_EQ(analysis->perStep.hostSyncs, 1.0);
  EXPECT_EQ(analysis->perStep.felt, Felt::kWould);
  EXPECT_EQ(analysis->perStep.kernels, std::nullopt);
  for (const auto &f : analysis->findings)
    std::cerr << f.rule << " " << f.variant << " " << f.title << " " << f.site.text() << " "
              << f.site.rangePath << " " << f.perStep << " " << f.hostTime.count << "\n";
  for (const auto &f : analysis->notWorth)
    std::cerr << "nw " << f.rule << " " << f.variant << " " << f.title << " " << f.site.text() << " "
              << f.site.rangePath << " " << f.perStep << " " << f.hostTime.count << "\n";
}

} // namespace
} // namespace hotloop
