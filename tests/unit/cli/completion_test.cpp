#include "cli/completion/completion.h"

#include <array>
#include <cstdio>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

using testing::HasSubstr;

// What bash offers for the words of a command line, the last one being completed.
std::string complete(const std::string &words) {
  writeFile("completion.sh", bashCompletion(commands()));
  writeFile("ask.sh", "set -e\n. ./completion.sh\nCOMP_WORDS=(" + words +
                          ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                          "compopt() { echo FILES; }\n_hotloop\necho \"${COMPREPLY[*]}\"\n");
  std::string out;
  std::FILE *pipe = popen("bash ask.sh 2>&1", "r");
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) out += buffer.data();
  EXPECT_EQ(pclose(pipe), 0) << out;
  return out;
}

TEST(Completion, BashCompletesVerbsFlagsValuesAndFiles) {
  const TestFolder folder;
  EXPECT_EQ(complete("hotloop adv"), "advise\n");
  EXPECT_EQ(complete("hotloop stats --form"), "--format\n");
  EXPECT_EQ(complete("hotloop stats --format j"), "json\n");
  EXPECT_EQ(complete("hotloop info --format ''"), "text json\n");
  EXPECT_EQ(complete("hotloop --no-color advise --color a"), "auto always\n");
  EXPECT_EQ(complete("hotloop completion z"), "zsh\n");
  EXPECT_EQ(complete("hotloop help exit"), "exit-codes\n");
  EXPECT_THAT(complete("hotloop advise r"), HasSubstr("FILES"));
  EXPECT_THAT(complete("hotloop record -o x -- py"), HasSubstr("FILES"));
}

TEST(Completion, EveryShellKnowsEveryVerbAndFlag) {
  for (const char *shell : {"bash", "zsh", "fish"}) {
    const CliResult result = runCli({"completion", shell});
    EXPECT_EQ(result.code, 0);
    for (const Command &command : commands()) {
      EXPECT_THAT(result.out, HasSubstr(std::string(command.name)));
      for (const FlagSpec &flag : command.syntax.flags)
        EXPECT_THAT(result.out, HasSubstr(std::string(flag.name)));
    }
  }
}

} // namespace
} // namespace hotloop::cli
