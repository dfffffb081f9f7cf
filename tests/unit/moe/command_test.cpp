#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace hotloop::moe {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct Finished {
  int code = -1;
  std::string output;
};

Finished run(const std::string &arguments, const char *redirect = "2>&1") {
  const std::string command = std::string(std::getenv("HOTLOOP_BINARY_DIR")) + "/bin/hotloop-moe " +
                              arguments + " " + redirect;
  FILE *pipe = popen(command.c_str(), "r");
  Finished finished;
  std::array<char, 4096> buffer;
  while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe))
    finished.output.append(buffer.data(), count);
  finished.code = WEXITSTATUS(pclose(pipe));
  return finished;
}

constexpr const char *kSmall = "--tokens 16 --dim 8 --hidden 8 --experts 4 --threads 1 ";

void expectRefused(const std::string &arguments, const char *sentence) {
  const Finished finished = run(arguments);
  EXPECT_EQ(finished.code, 2) << arguments;
  EXPECT_THAT(finished.output, HasSubstr(sentence)) << arguments;
  EXPECT_EQ(std::count(finished.output.begin(), finished.output.end(), '\n'), 1) << finished.output;
}

TEST(Command, WrongInputGetsOneSentenceAndCodeTwo) {
  expectRefused("run --top-k 9", "--top-k is 9");
  expectRefused("run --experts 0", "--experts is 0");
  expectRefused("run --tokens -5", "--tokens is -5");
  expectRefused("run --tokens 99999999999999999999999", "--tokens");
  expectRefused("run --dispatch groupd", "Did you mean 'grouped'?");
  expectRefused("run --unsafe itm", "Did you mean 'item'?");
  expectRefused("run --graph on", "CUDA graph");
  expectRefused("run --mode inference --fusion inductor", "naive and stacked");
  expectRefused("run --mode inference --dispatch grouped --fusion inductor", "needs --package");
  expectRefused("run --mode inference --dispatch grouped --fusion inductor --package /none.pt2",
                "no such file");
  expectRefused("run --mode inference --dispatch grouped --fusion inductor --package /proc/version",
                "cannot open it");
  expectRefused("run --amp fp16", "--scaler naive");
  expectRefused("run --token-cycle 512", "must not be above --tokens");
  expectRefused("run --inject-delay host:nowhere=5", "is not one of");
  expectRefused("run --routing zip", "Did you mean 'zipf'?");
  expectRefused("run --tokens 2000000 --dim 64 --hidden 1024 --layers 64", "Out of memory");
  expectRefused("run --memory-limit 0.001", "--memory-limit allows");
  expectRefused("stack --mode infer", "is not one of");
  expectRefused("stack --rounds 0", "--rounds");
  expectRefused("validate --configuration ful", "Did you mean 'full'?");
  expectRefused("run --preset fll", "Did you mean 'full'?");
  expectRefused("run --mode inference --optimizer fused", "no meaning");
  expectRefused("run --mode inference --checkpoint full", "no");
  expectRefused("run --dispath naive", "Did you mean '--dispatch'?");
  expectRefused("rum", "Did you mean 'run'?");
  expectRefused("bench --compare dispatch=groupd", "Did you mean 'grouped'?");
  expectRefused("bench --compare disptch=naive", "Did you mean 'dispatch'?");
  expectRefused("bench --rounds 0", "--rounds");
}

TEST(Command, RunPrintsAResultAsJson) {
  const Finished finished =
      run(std::string("run --json --steps 6 --preset baseline ") + kSmall, "2>/dev/null");
  ASSERT_EQ(finished.code, 0);
  const json result = json::parse(finished.output);
  EXPECT_EQ(result["toggles"]["dispatch"], "naive");
  EXPECT_EQ(result["steps"], 6);
  EXPECT_EQ(result["steady_steps"], 3);
  EXPECT_GT(result["step_ms"]["median"], 0);
  EXPECT_GT(result["loss"]["first"], 0);
  EXPECT_EQ(result["tokens_per_expert"].size(), 2u);
}

TEST(Command, AFlagOverridesThePresetAndWhatIsDroppedIsSaid) {
  const Finished finished =
      run(std::string("run --steps 9 --steps 3 --preset full --dispatch dense ") + kSmall);
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.output, HasSubstr("dispatch=dense"));
  EXPECT_THAT(finished.output, HasSubstr("steps 3 ")); // the last of two equal flags counts
  EXPECT_THAT(finished.output, HasSubstr("CUDA graphs (--graph on) are dropped"));
}

TEST(Command, ConfigurationsListsEveryCombinationOnceWithItsReason) {
  const Finished finished = run("configurations --json", "2>/dev/null");
  ASSERT_EQ(finished.code, 0);
  const json result = json::parse(finished.output);
  // Training: 4 dispatches, 2 fusions, 3 checkpoints, 2 buffers, 2 inplaces, and of amp, optimizer
  // and scaler: off and bf16 with 3 optimizers, fp16 with 2 + 2. Inference: inductor with two
  // dispatches, else 2 fusions, 3 amps.
  EXPECT_EQ(result["legal"].size(), 4u * 2 * 3 * 2 * 2 * (2 * 3 + 4) + (4u * 2 + 2) * 3 * 2 * 2);
  std::set<std::string> seen;
  for (const char *kind : {"legal", "illegal"})
    for (const json &entry : result[kind]) {
      EXPECT_TRUE(seen.insert(entry["toggles"].dump()).second);
      EXPECT_EQ(entry.contains("reason"), std::string(kind) == "illegal");
    }
  EXPECT_EQ(seen.size(), 4u * 3 * 3 * 2 * 2 * 2 * (3 * (3 + 1) + 3)); // a scaler only with fp16
}

TEST(Command, TrainingWithACompilerRunsTheKernelsAndSaysSo) {
  const Finished finished =
      run(std::string("run --steps 3 --dispatch grouped --fusion inductor ") + kSmall);
  EXPECT_EQ(finished.code, 0) << finished.output;
  EXPECT_THAT(finished.output, HasSubstr("training runs --fusion kernels instead"));
  EXPECT_THAT(finished.output, HasSubstr("fusion=kernels"));
}

TEST(Command, FallbackTakesTheRemedyAndSaysSo) {
  const Finished memory =
      run(std::string("run --steps 4 --fallback --memory-limit 0.03 ") + kSmall + "--tokens 256");
  EXPECT_EQ(memory.code, 0) << memory.output;
  EXPECT_THAT(memory.output, HasSubstr("Trying again with --checkpoint full"));
  EXPECT_THAT(memory.output, HasSubstr("half of the tokens"));
  const Finished graph = run(std::string("run --steps 3 --fallback --graph on ") + kSmall);
  EXPECT_EQ(graph.code, 0) << graph.output;
  EXPECT_THAT(graph.output, HasSubstr("Running --graph off instead"));
  const Finished compiled = run(std::string("run --steps 3 --mode inference --dispatch grouped "
                                            "--fallback --fusion inductor --package /none.pt2 ") +
                                kSmall);
  EXPECT_EQ(compiled.code, 0) << compiled.output;
  EXPECT_THAT(compiled.output, HasSubstr("Running --fusion kernels instead"));
  const Finished slower = run(std::string("run --steps 3 --fallback --dispatch grouped --fusion "
                                          "kernels --inject-delay host:step=10 ") +
                              kSmall);
  EXPECT_EQ(slower.code, 0) << slower.output; // faster or slower: both end well
}

TEST(Command, StackMeasuresEveryRungAgainstTheGuide) {
  for (const char *mode : {"train", "inference"}) {
    const Finished finished =
        run(std::string("stack --json --rounds 2 --steps 2 --mode ") + mode + " " + kSmall,
            "2>/dev/null");
    ASSERT_EQ(finished.code, 0);
    const json result = json::parse(finished.output);
    EXPECT_EQ(result["schema"], "hotloop.moe_stack/1");
    ASSERT_GE(result["rungs"].size(), 4u);
    const json &first = result["rungs"][0];
    EXPECT_EQ(first["guide"]["speedup"], 1.0);
    EXPECT_EQ(first["speedup"]["median"], 1.0);
    EXPECT_GT(first["counts"]["syncs"], 0);
    EXPECT_GT(first["memory"]["activation_bytes"], 0);
    for (const json &rung : result["rungs"]) {
      EXPECT_LT(rung["numerics"]["output_error"], 0.01);
      EXPECT_EQ(rung["step_ms"]["rounds"].size(), 2u);
      if (rung == first) continue;
      EXPECT_EQ(rung["counts"]["syncs"], 0) << rung["name"];
      EXPECT_FALSE(rung["why"].empty()) << rung["name"];
    }
  }
}

TEST(Command, ValidatePassesAGoodConfigurationAndFailsOneThatWaits) {
  const std::string sizes =
      std::string("--expect 0 --memory-limit 64 --rounds 2 --steps 1 ") + kSmall;
  const Finished good = run(
      "validate --json --configuration dispatch=grouped,fusion=kernels " + sizes, "2>/dev/null");
  EXPECT_EQ(good.code, 0) << good.output;
  const json result = json::parse(good.output);
  EXPECT_EQ(result["schema"], "hotloop.moe_validate/1");
  EXPECT_TRUE(result["passed"]);
  ASSERT_EQ(result["configurations"][0]["checks"].size(), 9u);
  const Finished bad = run("validate --json --configuration baseline " + sizes, "2>/dev/null");
  EXPECT_EQ(bad.code, 1);
  const json refused = json::parse(bad.output);
  EXPECT_FALSE(refused["passed"]);
  for (const json &check : refused["configurations"][0]["checks"]) {
    const std::string id = check["id"];
    const bool fails = id == "no_sync" || id == "fixed_graph";
    EXPECT_EQ(check["status"] == "fail", fails) << check.dump();
  }
}

TEST(Command, BenchComparesWithTheFirst) {
  const Finished finished = run(std::string("bench --json --rounds 2 --steps 2 --compare baseline "
                                            "--compare dispatch=grouped,fusion=kernels ") +
                                    kSmall,
                                "2>/dev/null");
  ASSERT_EQ(finished.code, 0);
  const json result = json::parse(finished.output);
  ASSERT_EQ(result["configurations"].size(), 2u);
  EXPECT_EQ(result["configurations"][0]["ratio"]["median"], 1.0);
  EXPECT_GT(result["configurations"][1]["ratio"]["median"], 0);
  EXPECT_EQ(result["configurations"][1]["toggles"]["fusion"], "kernels");
  EXPECT_EQ(result["configurations"][1]["step_ms"]["rounds"].size(), 2u);
}

TEST(Command, BenchSwitchesHabitsAndDelaysOfOneContender) {
  const Finished finished = run(std::string("bench --json --rounds 3 --steps 2 --compare baseline "
                                            "--compare unsafe=item+branch,delay=host:loss=40000 ") +
                                    kSmall,
                                "2>/dev/null");
  ASSERT_EQ(finished.code, 0);
  const json result = json::parse(finished.output);
  ASSERT_EQ(result["configurations"].size(), 2u);
  EXPECT_GE(result["configurations"][1]["step_ms"]["median"], 40); // the delay itself
  expectRefused("bench --compare unsafe=itme", "Did you mean 'item'?");
  expectRefused("bench --compare delay=host:router", "KIND:PLACE=MICROSECONDS");
}

} // namespace
} // namespace hotloop::moe
