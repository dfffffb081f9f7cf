#include <sqlite3.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Errors : public testing::Test {
protected:
  TestFolder folder_;

  // No result, one sentence, and the code.
  static void expectFailure(std::vector<std::string> words, int code, const std::string &sentence) {
    const CliResult result = runCli(words);
    EXPECT_EQ(result.code, code) << words.front();
    EXPECT_EQ(result.out, "") << words.front();
    EXPECT_THAT(result.err, HasSubstr(sentence));
    EXPECT_THAT(result.err, StartsWith("hotloop"));
  }
};

TEST_F(Errors, Usage) {
  expectFailure({}, 2, "hotloop: a command is missing\ncommands: record, advise, stats");
  expectFailure({"advize"}, 2,
                "hotloop: unknown command 'advize'; did you mean 'advise'?\nsee: hotloop help\n");
  expectFailure({"frobnicate"}, 2, "hotloop: unknown command 'frobnicate'\n");
  expectFailure({"r.hotloop"}, 2, "to see what holds it back: hotloop advise r.hotloop");
  expectFailure({"--colour", "always"}, 2, "unknown command 'always'");
  expectFailure({"--bogus"}, 2, "hotloop: unknown option --bogus");
  expectFailure({"stats", "r", "--jsn"}, 2,
                "unknown option --jsn; did you mean '--json'?\nsee: hotloop help stats");
  expectFailure({"stats", "r", "--format", "xml"}, 2,
                "option --format cannot be 'xml' (one of text, json, csv, md)");
  expectFailure({"stats", "r", "--json", "--format", "csv"}, 2,
                "--json and --format csv exclude each other");
  expectFailure({"stats", "r", "-r", "operatrs"}, 2, "unknown report 'operatrs'");
  expectFailure({"stats", "r", "-r", "operatrs"}, 2, "did you mean 'operators'?");
  expectFailure({"stats", "r", "-r", "sites,syncs", "--format", "csv"}, 2,
                "--format csv writes one table");
  expectFailure({"advise"}, 2, "hotloop advise: RUN is missing");
  expectFailure({"advise", "r", "--rule", "HL1011"}, 2,
                "unknown rule 'HL1011'; did you mean 'HL101'?");
  expectFailure({"rules", "show", "scalar_readbak"}, 2, "did you mean 'scalar_readback'?");
  expectFailure({"rules", "show"}, 2, "a rule is missing");
  expectFailure({"rules", "lst"}, 2, "did you mean 'list'?");
  expectFailure({"help", "advice"}, 2, "there is no help on 'advice'; did you mean 'advise'?");
  expectFailure({"completion", "tcsh"}, 2, "SHELL cannot be 'tcsh' (one of bash, zsh, fish)");
  expectFailure({"diff", "a"}, 2, "hotloop diff: B is missing: hotloop diff A B");
}

TEST_F(Errors, Files) {
  writeFile("text.hotloop", "this is no run file, but long enough to be one of some kind\n");
  writeFile("nothing.hotloop", "");
  for (const char *verb : {"advise", "stats", "info"}) {
    expectFailure({verb, "absent.hotloop"}, 2, "absent.hotloop");
    expectFailure({verb, "text.hotloop"}, 2, "text.hotloop");
    expectFailure({verb, "nothing.hotloop"}, 2, "nothing.hotloop");
    expectFailure({verb, "."}, 2, ".");
  }
  expectFailure({"diff", "absent.hotloop", "text.hotloop"}, 2, "absent.hotloop");
  expectFailure({"query", "text.hotloop", "SELECT 1"}, 2, "text.hotloop");
}

TEST_F(Errors, NewerFormatAndForeignDatabase) {
  makeEmptyRunFile("newer.hotloop");
  sqlite3 *database = nullptr;
  ASSERT_EQ(sqlite3_open("newer.hotloop", &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "PRAGMA user_version=99", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  expectFailure({"advise", "newer.hotloop"}, 2, "99");
  ASSERT_EQ(sqlite3_open("foreign.hotloop", &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "CREATE TABLE t(x)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  expectFailure({"info", "foreign.hotloop"}, 2, "foreign.hotloop");
  EXPECT_EQ(runCli({"query", "foreign.hotloop", "SELECT count(*) n FROM t", "--format", "csv"}).out,
            "n\n0\n");
}

TEST_F(Errors, EmptyRun) {
  makeEmptyRunFile("empty.hotloop");
  const CliResult advice = runCli({"advise", "empty.hotloop"});
  EXPECT_EQ(advice.code, 3);
  EXPECT_THAT(advice.out, HasSubstr("this run has none"));
  EXPECT_EQ(runCli({"stats", "empty.hotloop"}).code, 3);
  EXPECT_EQ(runCli({"info", "empty.hotloop"}).code, 0);
  const CliResult diff = runCli({"diff", "empty.hotloop", "empty.hotloop"});
  EXPECT_EQ(diff.code, 3);
  EXPECT_THAT(diff.out, HasSubstr("not comparable: empty.hotloop has no steady steps"));
}

TEST_F(Errors, Query) {
  makeEmptyRunFile("empty.hotloop");
  expectFailure({"query", "empty.hotloop", "SELECT x FRM op"}, 2, "syntax error");
  expectFailure({"query", "empty.hotloop", "SELECT nope FROM op"}, 2, "no such column: nope");
  const std::string before = readFile("empty.hotloop");
  EXPECT_EQ(runCli({"query", "empty.hotloop", "DELETE FROM meta"}).code, 2);
  EXPECT_EQ(readFile("empty.hotloop"), before);
}

TEST_F(Errors, OutputFile) {
  makeEmptyRunFile("empty.hotloop");
  writeFile("out.json", "mine");
  expectFailure({"info", "empty.hotloop", "-o", "out.json"}, 2,
                "out.json exists and is left as it is; give --force");
  EXPECT_EQ(readFile("out.json"), "mine");
  const CliResult forced = runCli({"info", "empty.hotloop", "--json", "-f", "-o", "out.json"});
  EXPECT_EQ(forced.code, 0);
  EXPECT_EQ(forced.out, "");
  EXPECT_THAT(readFile("out.json"), StartsWith("{\n  \"schema\": \"hotloop.info/1\""));
  expectFailure({"info", "empty.hotloop", "-o", "absent/out.json"}, 2,
                "cannot write absent/out.json");
  expectFailure({"info", "empty.hotloop", "-o", "/dev/full"}, 2, "cannot write /dev/full");
}

TEST_F(Errors, ColorsFollowFlagsAndEnvironment) {
  auto colored = [](std::vector<std::string> words,
                    const std::map<std::string, std::string> &variables = {}) {
    return runCli(words, variables).out.find('\x1b') != std::string::npos;
  };
  EXPECT_FALSE(colored({"help"}));
  EXPECT_TRUE(colored({"help", "--color", "always"}));
  EXPECT_TRUE(colored({"--color=always", "help"}));
  EXPECT_TRUE(colored({"help"}, {{"FORCE_COLOR", "1"}}));
  EXPECT_TRUE(colored({"help"}, {{"HOTLOOP_COLOR", "always"}}));
  EXPECT_FALSE(colored({"help", "--no-color"}, {{"FORCE_COLOR", "1"}}));
  EXPECT_FALSE(colored({"help"}, {{"FORCE_COLOR", "1"}, {"NO_COLOR", "1"}}));
}

TEST_F(Errors, ViewNamesTheMissingViewer) {
  const CliResult result = runCli({"view", "r.hotloop"}, {{"PATH", "/nowhere"}});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("hotloop-gui, which is not installed"));
}

} // namespace
} // namespace hotloop::cli
