#include "cli/help/help_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyzers/rules/builtin_rules.h"
#include "cli/arguments/common_flags.h"
#include "cli/command.h"
#include "cli/rule_pages.h"
#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

using testing::HasSubstr;

std::string asDocumented(const FlagSpec &flag) {
  std::string text = flag.shortName == 0 ? "" : fmt::format("-{}, ", flag.shortName);
  text += fmt::format("--{}", flag.name);
  return flag.value == FlagValue::kNone ? text : fmt::format("{} {}", text, flag.valueName);
}

std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

TEST(Help, EveryCommandHasAPageWithItsFlags) {
  for (const Command &command : commands()) {
    const std::string_view page = helpTopic(command.name);
    ASSERT_FALSE(page.empty()) << command.name;
    std::vector<std::string> flags;
    for (const FlagSpec &flag : command.syntax.flags) flags.push_back(asDocumented(flag));
    EXPECT_EQ(sorted(documentedFlags(page)), sorted(flags)) << command.name;
  }
}

TEST(Help, OptionsPageHasTheGlobalFlags) {
  const auto documented = documentedFlags(helpTopic("options"));
  for (const FlagSpec &flag : globalFlags())
    EXPECT_THAT(documented, testing::Contains(asDocumented(flag)));
}

TEST(Help, OverviewListsEveryCommandWithItsSummary) {
  const std::string overview(helpTopic("hotloop"));
  for (const Command &command : commands())
    EXPECT_THAT(overview, HasSubstr(fmt::format("- `{}`: {}\n", command.name, command.summary)));
}

TEST(Help, EnvironmentPageNamesEveryVariable) {
  const std::string page(helpTopic("environment"));
  auto check = [&](const FlagSpec &flag) {
    if (!flag.environment.empty()) {
      EXPECT_THAT(page, HasSubstr(fmt::format("- `{}`: ", flag.environment)));
    }
  };
  for (const FlagSpec &flag : globalFlags()) check(flag);
  for (const Command &command : commands())
    for (const FlagSpec &flag : command.syntax.flags) check(flag);
}

TEST(Help, EveryRuleHasAPage) {
  for (const Rule &rule : builtinRules())
    EXPECT_FALSE(rulePage(rule.id, rule.name).empty()) << rule.id;
}

TEST(Help, HelpAndDashHelpSayTheSame) {
  const CliResult page = runCli({"help", "advise"});
  EXPECT_EQ(page.code, 0);
  EXPECT_THAT(page.out, HasSubstr("  -w, --warmup N"));
  EXPECT_EQ(runCli({"advise", "--help"}).out, page.out);
  EXPECT_EQ(runCli({"-h", "advise"}).out, page.out);
  EXPECT_EQ(runCli({"--help"}).out, runCli({"help"}).out);
  EXPECT_EQ(runCli({"--version"}).out, runCli({"version"}).out);
  expectGolden("help_exit_codes.txt", runCli({"help", "exit-codes"}).out);
}

TEST(Help, ManPagesSayWhatThePagesSay) {
  EXPECT_EQ(
      manPage({"x", "# hotloop x\n\nDoes [it](y.md) - well. And more.\n\n    hotloop x\\n\n\n"
                    "## Options\n\n- `-o, --output FILE`: write\n  there\n\n.dot\n"}),
      std::string(".TH \"HOTLOOP\\-X\" \"1\" \"\" \"hotloop " HOTLOOP_VERSION "\" \"hotloop\"\n") +
          ".SH NAME\nhotloop\\-x \\- does it \\- well\n.SH DESCRIPTION\n.PP\nDoes it \\- well. And "
          "more.\n.PP\n.RS 4\n.nf\nhotloop x\\en\n.fi\n.RE\n.SH \"OPTIONS\"\n.TP\n"
          "\\fB\\-o, \\-\\-output FILE\\fR\nwrite there\n.PP\n\\&.dot\n.SH \"SEE "
          "ALSO\"\n.BR hotloop (1)\n");
}

// The build writes them with the program itself.
TEST(Help, ManPagesOfTheBuildAreUpToDate) {
  for (const HelpTopic &topic : helpTopics()) {
    const std::string name(topic.name);
    const std::string file = name == "hotloop" ? name : "hotloop-" + name;
    const std::string page = manPage(topic);
    EXPECT_EQ(readFile(std::string(HOTLOOP_MAN_DIR) + "/" + file + ".1"), page) << name;
    EXPECT_EQ(runCli({"help", name, "--format", "man"}).out, page);
    for (const std::string &flag : documentedFlags(topic.markdown)) {
      std::string hyphens;
      for (const char c : flag) hyphens += c == '-' ? "\\-" : std::string(1, c);
      EXPECT_THAT(page, HasSubstr(".TP\n\\fB" + hyphens + "\\fR\n")) << name;
    }
  }
}

TEST(Help, RendersTheMarkdownThatPagesUse) {
  EXPECT_EQ(
      renderHelp(
          "# T\n\nSee [this **page**](x.md), `code`.\n\n```python\na = [1](2)\n```\n| a | `b` |\n"
          "- `-x, --exact N`: some\n  more\n- plain\n",
          Style(false), 80),
      "T\n\nSee this page, code.\n\n    a = [1](2)\n| a | b |\n"
      "  -x, --exact N               some more\n- plain\n");
  EXPECT_EQ(renderHelp("", Style(false), 80), "");
  EXPECT_EQ(renderHelp("#", Style(false), 80), "\n");
}

TEST(Rules, ListAndShow) {
  const CliResult list = runCli({"rules"});
  EXPECT_EQ(list.code, 0);
  for (const Rule &rule : builtinRules())
    EXPECT_THAT(list.out, HasSubstr(std::string(rule.summary)));
  EXPECT_EQ(runCli({"rules", "list"}).out, list.out);
  EXPECT_THAT(runCli({"rules", "show", "hl101"}).out, HasSubstr("HL101"));
  EXPECT_EQ(runCli({"rules", "show", "scalar_readback"}).out,
            runCli({"rules", "show", "HL101"}).out);
}

} // namespace
} // namespace hotloop::cli
