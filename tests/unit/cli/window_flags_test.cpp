#include <gmock/gmock.h>

#include "tests/unit/cli/cli_harness.h"

// Which part of a run is recorded: what is refused, and with which words.
namespace hotloop::cli {
namespace {

using testing::HasSubstr;

struct Refused {
  std::vector<std::string> flags;
  const char *says;
};
class WindowFlags : public testing::TestWithParam<Refused> {};

TEST_P(WindowFlags, AreRefusedInASentence) {
  const TestFolder folder;
  std::vector<std::string> words{"record", "-o", "r.hotloop"};
  words.insert(words.end(), GetParam().flags.begin(), GetParam().flags.end());
  words.insert(words.end(), {"--", "true"});
  const CliResult result = runCli(words);
  EXPECT_EQ(result.code, 125);
  EXPECT_THAT(result.err, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    All, WindowFlags,
    testing::Values(Refused{{"--window", "8:5"}, "the second step must come after the first"},
                    Refused{{"--window", "5:5"}, "the second step must come after the first"},
                    Refused{{"--window", "five"}, "two step numbers are wanted"},
                    Refused{{"--window", "1:5x"}, "two step numbers are wanted"},
                    Refused{{"--delay", "soon"}, "a number of seconds above 0 is wanted"},
                    Refused{{"--delay", "0"}, "a number of seconds above 0 is wanted"},
                    Refused{{"--duration", "nan"}, "a number of seconds above 0 is wanted"},
                    Refused{{"--window", "1:2", "--range", "step"}, "give one"},
                    Refused{{"--window", "1:2", "--delay", "1"}, "give one"}));

} // namespace
} // namespace hotloop::cli
