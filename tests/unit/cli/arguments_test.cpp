#include "cli/arguments/arguments.h"

#include <random>

#include <gtest/gtest.h>

#include "cli/arguments/common_flags.h"
#include "cli/command.h"

namespace hotloop::cli {
namespace {

const CommandSyntax &syntax() {
  static const CommandSyntax value{{formatFlag("text|json"),
                                    kJsonFlag,
                                    kOutputFlag,
                                    kForceFlag,
                                    kLimitFlag,
                                    {"rule", 0, FlagValue::kText, "RULE", {}, true}},
                                   {{"RUN", true, false, true, {}}}};
  return value;
}

Result<Arguments> parse(std::vector<std::string> words,
                        const std::map<std::string, std::string> &variables = {},
                        const CommandSyntax &given = syntax()) {
  return parseArguments("stats", given, words,
                        [&](std::string_view name) -> std::optional<std::string> {
                          const auto found = variables.find(std::string(name));
                          if (found == variables.end()) return std::nullopt;
                          return found->second;
                        });
}

std::string failure(std::vector<std::string> words,
                    const std::map<std::string, std::string> &variables = {}) {
  const auto parsed = parse(std::move(words), variables);
  return parsed ? "no failure" : parsed.error().message;
}

TEST(Arguments, AllSpellings) {
  for (const auto &words : std::vector<std::vector<std::string>>{{"r", "--output", "x"},
                                                                 {"--output=x", "r"},
                                                                 {"-o", "x", "r"},
                                                                 {"r", "-ox"},
                                                                 {"-qfox", "r"}}) {
    const auto parsed = parse(words);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->text("output"), "x");
    EXPECT_EQ(parsed->positionals, std::vector<std::string>{"r"});
  }
}

TEST(Arguments, ListsNumbersAndRepeats) {
  const auto parsed = parse({"r", "--rule", "a,b", "--rule=c,,", "--limit", "7", "-vv"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->list("rule"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(parsed->number("limit", 3), 7);
  EXPECT_EQ(parsed->number("absent", 3), 3);
  EXPECT_EQ(parsed->times("verbose"), 2u);
}

TEST(Arguments, DoubleDashEndsFlags) {
  const auto parsed = parse({"--", "--json"});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->positionals, std::vector<std::string>{"--json"});
  EXPECT_FALSE(parsed->has("json"));
}

TEST(Arguments, Failures) {
  EXPECT_EQ(failure({"r", "--limt", "3"}),
            "hotloop stats: unknown option --limt; did you mean '--limit'?");
  EXPECT_EQ(failure({"r", "-Z"}), "hotloop stats: unknown option -Z");
  EXPECT_EQ(failure({"r", "-qZ"}), "hotloop stats: unknown option -Z in '-qZ'");
  EXPECT_EQ(failure({"r", "--limit"}), "hotloop stats: option --limit needs a value: --limit N");
  EXPECT_EQ(failure({"r", "--limit", "-3"}),
            "hotloop stats: option --limit needs a whole number from 0 on, not '-3'");
  EXPECT_EQ(
      failure({"r", "--limit=99999999999999999999"}),
      "hotloop stats: option --limit needs a whole number from 0 on, not '99999999999999999999'");
  EXPECT_EQ(
      failure({"r", "--format", "jsn"}),
      "hotloop stats: option --format cannot be 'jsn' (one of text, json); did you mean 'json'?");
  EXPECT_EQ(failure({"r", "--json=yes"}), "hotloop stats: option --json takes no value");
  EXPECT_EQ(failure({"r", "-o", ""}), "hotloop stats: option --output has an empty value");
  EXPECT_EQ(failure({"r", "-ox", "-oy"}), "hotloop stats: option --output is given twice");
  EXPECT_EQ(failure({}), "hotloop stats: RUN is missing: hotloop stats RUN");
  EXPECT_EQ(failure({"a", "b"}), "hotloop stats: 'b' is one argument too many: hotloop stats RUN");
}

TEST(Arguments, EnvironmentGivesDefaults) {
  auto parsed = parse(
      {"r"}, {{"HOTLOOP_LIMIT", "5"}, {"HOTLOOP_FORMAT", "json"}, {"HOTLOOP_NO_PROGRESS", "0"}});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->number("limit", 0), 5);
  EXPECT_EQ(parsed->text("format"), "json");
  EXPECT_FALSE(parsed->explicitly("format"));
  EXPECT_FALSE(parsed->has("no-progress"));
  parsed = parse({"r", "--limit", "9"}, {{"HOTLOOP_LIMIT", "5"}});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->number("limit", 0), 9);
  EXPECT_EQ(failure({"r"}, {{"HOTLOOP_LIMIT", "many"}}),
            "hotloop stats: environment variable HOTLOOP_LIMIT needs a whole number from 0 on, not "
            "'many'");
  // csv is for other commands.
  parsed = parse({"r"}, {{"HOTLOOP_FORMAT", "csv"}});
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->has("format"));
}

TEST(Arguments, ProgramKeepsItsOwnWords) {
  const CommandSyntax record{{kOutputFlag}, {}, Trailing::kProgram};
  for (const auto &words : std::vector<std::vector<std::string>>{
           {"-o", "x", "--", "p", "-o", "--", "y"}, {"-o", "x", "p", "-o", "--", "y"}}) {
    const auto parsed = parse(words, {}, record);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->text("output"), "x");
    EXPECT_EQ(parsed->trailing, (std::vector<std::string>{"p", "-o", "--", "y"}));
  }
}

TEST(Arguments, WordsForTheViewerPassUnread) {
  const std::vector<std::string> words = {"r.hotloop", "--view", "sites", "-o", "x.png"};
  int passing = 0;
  for (const Command &command : commands()) {
    if (command.syntax.trailing != Trailing::kPassThrough) continue;
    ++passing;
    const auto parsed = parse(words, {}, command.syntax);
    ASSERT_TRUE(parsed.has_value()) << command.name << ": " << parsed.error().message;
    EXPECT_EQ(parsed->trailing, words);
  }
  EXPECT_EQ(passing, 2); // view, render
}

TEST(Arguments, AFlagHasOneShapeInEveryCommand) {
  std::map<std::string_view, FlagSpec> known;
  std::map<char, bool> letters; // a letter takes a value everywhere or nowhere
  auto check = [&](const FlagSpec &flag, std::string_view command) {
    const auto [first, isNew] = known.try_emplace(flag.name, flag);
    EXPECT_EQ(first->second.value == FlagValue::kNone, flag.value == FlagValue::kNone)
        << command << flag.name;
    if (flag.shortName == 0) return;
    const bool takesValue = flag.value != FlagValue::kNone;
    EXPECT_EQ(letters.try_emplace(flag.shortName, takesValue).first->second, takesValue)
        << command << flag.name;
  };
  for (const FlagSpec &flag : globalFlags()) check(flag, "global");
  for (const Command &command : commands())
    for (const FlagSpec &flag : command.syntax.flags) check(flag, command.name);
  EXPECT_GT(known.size(), 10u);
}

TEST(Arguments, AnyWordsGiveArgumentsOrASentence) {
  std::mt19937 random(3);
  const std::vector<std::string> pieces{"-",
                                        "--",
                                        "-o",
                                        "--output",
                                        "=",
                                        "x",
                                        "--limit",
                                        "9",
                                        "--rule",
                                        ",",
                                        "-q",
                                        "\xff",
                                        "--json",
                                        "-h",
                                        "--format",
                                        "json",
                                        std::string(300, 'z')};
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::string> words;
    for (std::size_t i = random() % 6; i > 0; --i) {
      std::string word = pieces[random() % pieces.size()];
      if (random() % 3 == 0) word += pieces[random() % pieces.size()];
      words.push_back(word);
    }
    const auto parsed = parse(words);
    if (!parsed) {
      EXPECT_TRUE(parsed.error().message.starts_with("hotloop stats: "));
    }
  }
}

} // namespace
} // namespace hotloop::cli
