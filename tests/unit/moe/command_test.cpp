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
  expectRefused("run --fusion inductor", "ahead of time");
  expectRefused("run --amp fp16", "bf16");
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
  // 4 dispatches, 2 fusions, 2 amps, 2 buffers, 2 inplaces; 3 checkpoints and 3 optimizers in
  // training.
  EXPECT_EQ(result["legal"].size(), 64u * 9 + 64u);
  std::set<std::string> seen;
  for (const char *kind : {"legal", "illegal"})
    for (const json &entry : result[kind]) {
      EXPECT_TRUE(seen.insert(entry["toggles"].dump()).second);
      EXPECT_EQ(entry.contains("reason"), std::string(kind) == "illegal");
    }
  EXPECT_EQ(seen.size(), 4u * 3 * 3 * 2 * 2 * 2 * (9 + 3)); // inference: one optimizer
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

} // namespace
} // namespace hotloop::moe
