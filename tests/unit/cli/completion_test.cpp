#include "cli/completion/complete.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command.h"
#include "cli/completion/completion.h"
#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

struct Answer {
  std::vector<std::string> words;
  std::string directive; // ":files,nospace"
};

// What the program answers to the words of a command line, the last one being typed.
Answer ask(std::vector<std::string> words,
           const std::map<std::string, std::string> &variables = {}) {
  words.insert(words.begin(), "__complete");
  const CliResult result = runCli(words, variables);
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, "");
  Answer answer;
  for (std::size_t begin = 0; begin < result.out.size();) {
    const std::size_t end = result.out.find('\n', begin);
    const std::string line = result.out.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with(':'))
      answer.directive = line;
    else
      answer.words.push_back(line.substr(0, line.find('\t')));
  }
  return answer;
}

TEST(Completion, CommandsAndFlags) {
  EXPECT_THAT(ask({""}).words, IsSupersetOf({"record", "check", "history", "version"}));
  EXPECT_THAT(ask({"adv"}).words, ElementsAre("advise"));
  EXPECT_THAT(ask({"--ver"}).words, ElementsAre("--verbose", "--version"));
  EXPECT_THAT(ask({"stats", "--form"}).words, ElementsAre("--format"));
  EXPECT_THAT(ask({"--no-color", "stats", "--lim"}).words, ElementsAre("--limit"));
  EXPECT_THAT(ask({"frobnicate", ""}).words, IsEmpty());
  for (const Command &command : commands()) {
    if (command.syntax.trailing == Trailing::kPassThrough) continue;
    for (const FlagSpec &flag : command.syntax.flags) {
      const std::string name = "--" + std::string(flag.name);
      EXPECT_THAT(ask({std::string(command.name), name}).words, Contains(name)) << command.name;
    }
  }
  // With what the page says about it.
  EXPECT_THAT(runCli({"__complete", "diff", "--exit"}).out,
              HasSubstr("--exit-code\texit 1 when a counter differs\n"));
}

TEST(Completion, Values) {
  EXPECT_THAT(ask({"stats", "r", "--format", "j"}).words, ElementsAre("json"));
  EXPECT_THAT(ask({"info", "--format", ""}).words, ElementsAre("text", "json"));
  EXPECT_THAT(ask({"stats", "--format=c"}).words, ElementsAre("--format=csv"));
  EXPECT_THAT(ask({"advise", "--color", "a"}).words, ElementsAre("auto", "always"));
  EXPECT_THAT(ask({"stats", "-r", "sites,ker"}).words, ElementsAre("sites,kernels"));
  EXPECT_THAT(ask({"check", "--fail-on", "syncs,all"}).words, ElementsAre("syncs,allocs"));
  EXPECT_THAT(ask({"check", "--report", "ju"}).words, ElementsAre("junit"));
  EXPECT_THAT(ask({"check", "--allow", "HG00"}).words, Contains("HG001@"));
  EXPECT_EQ(ask({"check", "--allow", "HG00"}).directive, ":nospace");
  EXPECT_THAT(ask({"ab", "--max-regress", "step."}).words, ElementsAre("step.body=", "step.p90="));
  EXPECT_THAT(ask({"check", "--max-regress", "step."}).words, IsEmpty());
  EXPECT_THAT(ask({"advise", "--rule", "HL10"}).words, Contains("HL101"));
  EXPECT_THAT(ask({"whatif", "r", "--fix", "remove-s"}).words, Contains("remove-sync"));
  EXPECT_THAT(ask({"diff", "a", "b", "--filter", "ker"}).words, ElementsAre("kernel:"));
  EXPECT_THAT(ask({"completion", "z"}).words, ElementsAre("zsh"));
  EXPECT_THAT(ask({"help", "exit"}).words, ElementsAre("exit-codes"));
  EXPECT_THAT(ask({"rules", "show", "HL70"}).words, Contains("HL701"));
  EXPECT_THAT(ask({"history", "--metric", "step"}).words, ElementsAre("step.body", "step.p90"));
}

TEST(Completion, Files) {
  EXPECT_EQ(ask({"advise", "r"}).directive, ":files");
  EXPECT_EQ(ask({"diff", "a", ""}).directive, ":files");
  EXPECT_EQ(ask({"stats", "r", "-o", ""}).directive, ":files");
  EXPECT_EQ(ask({"record", "-o", "x", "--", "py"}).directive, ":files");
  EXPECT_EQ(ask({"record", "python3", "--st"}).directive, ":files");
  EXPECT_EQ(ask({"advise", "r", "another"}).directive, ":") << "advise takes one run";
  EXPECT_EQ(ask({"stats", "--limit", ""}).directive, ":");
}

TEST(Completion, NamesOfTheProject) {
  const TestFolder folder;
  writeFile("hotloop.toml", "version = 1\n[suite.train]\ncommand = [\"python3\", \"train.py\"]\n"
                            "[[budget]]\nphase = \"optimizer\"\nlaunches = { max = 3 }\n");
  makeRunFile("r.hotloop", {.events = 6'000, .device = true, .layers = 1});
  const std::map<std::string, std::string> cache{{"XDG_CACHE_HOME", "cache"}};
  ASSERT_EQ(runCli({"baseline", "save", "nightly", "r.hotloop", "-q"}, cache).code, 0);
  ASSERT_EQ(runCli({"check", "r.hotloop", "--baseline", "nightly", "--db", "runs.db"}, cache).code,
            0);
  EXPECT_THAT(ask({"check", "r", "--baseline", "ni"}).words, ElementsAre("nightly"));
  EXPECT_EQ(ask({"check", "r", "--baseline", "ni"}).directive, ":files");
  EXPECT_THAT(ask({"baseline", "show", "ni"}).words, ElementsAre("nightly"));
  EXPECT_THAT(ask({"ab", "--suite", ""}).words, ElementsAre("train"));
  // Phases and kernels come from the summary that check made, and from the budgets.
  const auto phases = ask({"diff", "r.hotloop", "x", "--phase", ""}, cache).words;
  EXPECT_THAT(phases, IsSupersetOf({"optimizer", "forward/layer *"}));
  EXPECT_THAT(ask({"diff", "r.hotloop", "x", "--kernel", ""}, cache).words, Not(IsEmpty()));
  EXPECT_THAT(ask({"diff", "unseen.hotloop", "x", "--phase", ""}, cache).words,
              ElementsAre("optimizer"));
  EXPECT_THAT(ask({"history", "--db", "runs.db", "--metric", "ker"}).words, ElementsAre("kernels"));
  EXPECT_THAT(ask({"history", "--db", "hotloop.toml", "--metric", "step.b"}).words,
              ElementsAre("step.body"))
      << "what cannot be read gives the names that are known without it";
  EXPECT_EQ(std::system("git init -q . && git -c user.name=t -c user.email=t@t commit -q "
                        "--allow-empty -m x && git branch side"),
            0);
  EXPECT_THAT(ask({"ab", "--base-ref", "si"}).words, ElementsAre("side"));
  EXPECT_THAT(ask({"check", "r", "--baseline", "git:si"}).words, ElementsAre("git:side"));
}

// The scripts are run by the shells themselves, with the program that was built.
class Scripts : public testing::Test {
protected:
  void SetUp() override {
    const char *build = std::getenv("HOTLOOP_BINARY_DIR");
    program_ = (build != nullptr ? std::string(build) : sourceFile("build/dev")) + "/bin/hotloop";
    if (!std::filesystem::exists(program_)) GTEST_SKIP() << program_ << " is not built";
  }
  static std::string runShell(const std::string &line) {
    std::string out;
    std::FILE *pipe = popen((line + " 2>&1").c_str(), "r");
    std::array<char, 4096> buffer{};
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) out += buffer.data();
    EXPECT_EQ(pclose(pipe), 0) << out;
    return out;
  }
  // What bash offers; `words` as bash parts them, which is at "=" and ":" too.
  std::string bash(const std::string &words) {
    writeFile("completion.sh", std::string(completionScript("bash")));
    writeFile("ask.sh", "set -e\n. ./completion.sh\nCOMP_WORDS=(" + program_ + " " + words +
                            ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                            "compopt() { echo \"$@\"; }\n_hotloop\necho \"${COMPREPLY[*]}\"\n");
    return runShell("bash ask.sh");
  }
  TestFolder folder_;
  std::string program_;
};

TEST_F(Scripts, BashCompletes) {
  EXPECT_EQ(bash("adv"), "advise\n");
  EXPECT_EQ(bash("stats --form"), "--format\n");
  EXPECT_EQ(bash("info --format ''"), "text json\n");
  EXPECT_EQ(bash("stats --format = j"), "json\n");
  EXPECT_EQ(bash("stats --format ="), "text json csv md\n");
  EXPECT_EQ(bash("check --filter phase : x"), "\n");
  EXPECT_EQ(bash("check --filter pha"), "-o nospace\nphase:\n");
  EXPECT_EQ(bash("advise r"), "-o default\n\n");
  EXPECT_EQ(bash("record -o x -- py"), "-o default\n\n");
}

TEST_F(Scripts, OtherShellsReadTheirs) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const CliResult printed = runCli({"completion", shell});
    EXPECT_EQ(printed.code, 0);
    EXPECT_EQ(printed.out, completionScript(shell));
    EXPECT_THAT(printed.out, HasSubstr("__complete"));
    if (std::system(("command -v " + shell + " > /dev/null").c_str()) != 0) continue;
    writeFile("script", printed.out);
    runShell(shell + " -n script");
  }
  if (std::system("command -v fish > /dev/null") == 0) {
    EXPECT_THAT(runShell("fish -c 'source script; complete -C \"" + program_ + " adv\"'"),
                HasSubstr("advise"));
  }
}

} // namespace
} // namespace hotloop::cli
