#include "cli/gate/gate_config.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

using testing::HasSubstr;

constexpr const char *kWhole = R"(version = 1
[gate]
baseline = "main"
on_missing = "fail"
on_inconclusive = "warn"
effect = "5%"
pairs = [10, 20, 30]
max_time = "10m"
[suite.train]
command = ["python", "train.py", "--steps", "60"]
steady = { skip = "auto", steps = 40 }
device_class = "h200"
[[budget]]
phase = "**"
syncs = { max_new = 0, level = "error" }
allocs = { max_new = 0 }
[[budget]]
phase = "fwd/**"
kernel = "triton_*"
launches = { max = 120 }
[[budget]]
phase = "optimizer"
launches = { max_growth = "0" }
bytes.h2d = { max = "4.2MB", max_growth = "1%" }
time.body = { max_growth = "5%" }
time.p90 = { max_growth = "10%", level = "warn" }
[[allow]]
rule = "HG001"
site = "train.py:checkpoint"
every = 500
until = 2026-12-31
reason = "checkpoint writer"
)";

TEST(GateConfig, ReadsTheWholeLanguage) {
  const auto config = parseGateConfig(kWhole, "hotloop.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->get("pairs"), "10,20,30");
  EXPECT_EQ(config->suites.at(0).command.size(), 4u);
  EXPECT_EQ(config->suites.at(0).steps, StepChoice(-1, 40));
  ASSERT_EQ(config->budgets.size(), 3u);
  EXPECT_EQ(config->budgets[1].kernel, "triton_*");
  EXPECT_EQ(config->budgets[2].counters.at(0).counter, "h2d_bytes");
  EXPECT_EQ(config->budgets[2].counters.at(0).max, 4.2e6);
  EXPECT_EQ(config->budgets[2].times.at(1).level, GateLevel::kWarn);
  EXPECT_EQ(config->allows.at(0).until, "2026-12-31");
  EXPECT_EQ(config->allows.at(0).every, 500);
}

TEST(GateConfig, MistakesNameLineAndNearestKey) {
  const auto message = [](const std::string &text) {
    const auto config = parseGateConfig(text, "hotloop.toml");
    return config ? std::string("accepted") : config.error().message;
  };
  EXPECT_THAT(message("version = 1\n[gate\n"), HasSubstr("hotloop.toml:2:"));
  EXPECT_THAT(
      message("[gate]\nbasline = \"x\"\n"),
      HasSubstr("hotloop.toml:2: unknown key 'basline' in [gate]; did you mean 'baseline'?"));
  EXPECT_THAT(message("[gate]\neffect = 5\n"), HasSubstr("percentage"));
  EXPECT_THAT(message("[gate]\neffect = \"5\"\n"), HasSubstr("hotloop.toml:2"));
  EXPECT_THAT(message("[gate]\non_missing = \"fial\"\n"), HasSubstr("did you mean 'fail'"));
  EXPECT_THAT(message("[gate]\npairs = [20, 10]\n"), HasSubstr("rising"));
  EXPECT_THAT(message("[[budget]]\nsyncz = { max = 1 }\n"), HasSubstr("did you mean 'syncs'"));
  EXPECT_THAT(message("[[budget]]\nsyncs = { maxx = 1 }\n"), HasSubstr("did you mean 'max'"));
  EXPECT_THAT(message("[[budget]]\nphase = \"x\"\n"), HasSubstr("without a limit"));
  EXPECT_THAT(message("[[budget]]\nbytes.h2d = { max = 4200000 }\n"), HasSubstr("unit"));
  EXPECT_THAT(message("[[budget]]\nbytes.h2d = { max = \"4.2 apples\" }\n"), HasSubstr("4.2MB"));
  EXPECT_THAT(message("[[budget]]\nsyncs = { max = -1 }\n"), HasSubstr("0 or more"));
  EXPECT_THAT(message("[[budget]]\ntime = { max_growth = \"5%\" }\n"), HasSubstr("time.body"));
  EXPECT_THAT(message("[budget]\nsyncs = { max = 1 }\n"), HasSubstr("[[budget]]"));
  EXPECT_THAT(message("[[allow]]\nrule = \"HG001\"\nsite = \"a.py:f\"\nuntil = 2026-12-31\n"),
              HasSubstr("reason"));
  EXPECT_THAT(message("[[allow]]\nrule = \"HG001\"\nsite = \"a.py:f\"\nreason = \"x\"\n"),
              HasSubstr("until"));
  EXPECT_THAT(message("[[allow]]\nrule = \"HG001\"\nreason = \"x\"\nuntil = 2026-12-31\n"),
              HasSubstr("everything"));
  EXPECT_THAT(
      message("[[allow]]\nrule = \"HG999\"\nsite = \"a\"\nreason = \"x\"\nuntil = 2026-12-31\n"),
      HasSubstr("HG999"));
  EXPECT_THAT(message("[suite.a]\n"), HasSubstr("command"));
  EXPECT_THAT(message("[[budget]]\nbytes.peek = { max = \"1GB\" }\n"), HasSubstr("bytes.peak"));
  EXPECT_EQ(message("[[budget]]\nbytes.peak = { max = \"1GB\" }\n"), "accepted");
  // Registers are known per kernel, and nothing of them is in a baseline.
  EXPECT_THAT(message("[[budget]]\nregs = { max = 168 }\n"), HasSubstr("kernel ="));
  EXPECT_THAT(message("[[budget]]\nkernel = \"k*\"\nregs = { max_new = 0 }\n"),
              HasSubstr("hotloop.toml:1:"));
  EXPECT_EQ(message("[[budget]]\nkernel = \"k*\"\nregs = { max = 168 }\n"), "accepted");
  EXPECT_THAT(message("version = 7\n"), HasSubstr("version 7"));
}

TEST(GateConfig, FlagsWinOverEnvironmentOverFilesOverBuiltIn) {
  TestFolder folder;
  writeFile("hotloop.toml", "[gate]\nbaseline = \"file\"\neffect = \"7%\"\n");
  const auto shown = [](std::vector<std::string> more,
                        std::map<std::string, std::string> variables) {
    std::vector<std::string> words{"check", "--show-config"};
    words.insert(words.end(), more.begin(), more.end());
    return runCli(words, variables).out;
  };
  EXPECT_THAT(shown({}, {}), HasSubstr("baseline = \"file\""));
  EXPECT_THAT(shown({}, {}), HasSubstr("# hotloop.toml:2"));
  EXPECT_THAT(shown({}, {{"HOTLOOP_BASELINE", "env"}}), HasSubstr("# HOTLOOP_BASELINE"));
  EXPECT_THAT(shown({"--baseline", "flag"}, {{"HOTLOOP_BASELINE", "env"}}),
              HasSubstr("baseline = \"flag\""));
  EXPECT_THAT(shown({}, {}), HasSubstr("# built-in"));
  writeFile("user/hotloop/config.toml", "");
  std::filesystem::create_directories("user/hotloop");
  writeFile("user/hotloop/config.toml", "[gate]\neffect = \"9%\"\non_missing = \"warn\"\n");
  const std::string both = shown({}, {{"XDG_CONFIG_HOME", "user"}});
  EXPECT_THAT(both, HasSubstr("effect = \"7%\""));
  EXPECT_THAT(both, HasSubstr("on_missing = \"warn\""));
}

TEST(GateConfig, MaxRegressIsALimitOfTheWholeStep) {
  const auto limits = regressLimits({"step.body=5%", "launches=1 %"}, true);
  ASSERT_TRUE(limits) << limits.error().message;
  ASSERT_EQ(limits->size(), 2u);
  EXPECT_EQ(limits->at(0).times.at(0).maxGrowth, 0.05);
  EXPECT_EQ(limits->at(1).phase, "**");
  EXPECT_EQ(limits->at(1).counters.at(0).counter, "launches");
  EXPECT_EQ(limits->at(1).counters.at(0).maxGrowth, 0.01);
  EXPECT_EQ(budgetName(limits->at(1)), "--max-regress");
  const auto refused = [](const char *word, bool times = true) {
    const auto result = regressLimits({word}, times);
    return result ? std::string("taken") : result.error().message;
  };
  EXPECT_THAT(refused("launhces=1%"), HasSubstr("did you mean 'launches'?"));
  EXPECT_THAT(refused("launches=1"), HasSubstr("is no percentage"));
  EXPECT_THAT(refused("launches"), HasSubstr("write launches=5%"));
  EXPECT_THAT(refused("step.body=0%"), HasSubstr("above 0 %"));
  EXPECT_THAT(refused("regs=1%"), HasSubstr("--max-regress cannot be of 'regs'"));
  EXPECT_THAT(refused("step.p90=5%", false), HasSubstr("use it with hotloop ab"));
}

TEST(GateConfig, SpillsAreThoseOfKernels) {
  const auto good = parseGateConfig(
      "[[budget]]\nphase = \"**\"\nkernel = \"triton_*\"\nspills = { max = 0 }\n", "h.toml");
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->budgets.at(0).counters.at(0).counter, "spilled_bytes");
  const auto bad = parseGateConfig("[[budget]]\nphase = \"**\"\nspills = { max = 0 }\n", "h.toml");
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, HasSubstr("h.toml:1"));
  EXPECT_THAT(bad.error().message, HasSubstr("spills = { max = 0 }"));
}

TEST(GateConfig, Units) {
  EXPECT_EQ(parseRatio("5%"), 0.05);
  EXPECT_EQ(parseRatio(" 5 %"), std::nullopt);
  EXPECT_EQ(parseRatio("0"), 0.0);
  EXPECT_FALSE(parseRatio("5"));
  EXPECT_FALSE(parseRatio("nan%"));
  EXPECT_EQ(parseBytes("4 MiB"), 4.0 * 1024 * 1024);
  EXPECT_EQ(parseMilliseconds("10m"), 600e3);
  EXPECT_FALSE(parseMilliseconds("10"));
}

} // namespace
} // namespace hotloop::cli
