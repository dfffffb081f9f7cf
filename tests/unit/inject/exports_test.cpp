#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <memory>
#include <sstream>

#include "tests/unit/inject/recorded_run.h"

extern "C" int hotloop_test_mark_from_c(int steps);

namespace hotloop {
namespace {

using namespace hotloop::testing;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::IsSupersetOf;
using ::testing::StartsWith;

std::vector<std::string> linesOf(const std::string &command) {
  std::vector<std::string> lines;
  const std::unique_ptr<FILE, int (*)(FILE *)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::array<char, 4096> line;
  while (pipe && std::fgets(line.data(), line.size(), pipe.get())) {
    lines.emplace_back(line.data());
    while (!lines.back().empty() && lines.back().back() == '\n') lines.back().pop_back();
  }
  return lines;
}

TEST(Exports, OnlyWhatTheProgramCalls) {
  std::vector<std::string> names;
  for (const std::string &line : linesOf("nm -D --defined-only -P " + injectedLibrary()))
    names.push_back(line.substr(0, line.find(' ')));
  EXPECT_THAT(names, IsSupersetOf({"InitializeInjection", "hotloop_recorder_step_begin",
                                   "hotloop_recorder_step_end"}));
  EXPECT_THAT(names, Each(AnyOf("InitializeInjection", "InitializeInjectionNvtx2",
                                "hotloop_recorder_step_begin", "hotloop_recorder_step_end",
                                "_ZN3c1022memoryProfilingEnabledEv",
                                StartsWith("_ZN3c1027reportMemoryUsageToProfilerE"))));
}

TEST(Exports, LinksToNothingButTheCLibrary) {
  std::vector<std::string> needed;
  for (const std::string &line : linesOf("readelf -d " + injectedLibrary()))
    if (line.find("(NEEDED)") != std::string::npos)
      needed.push_back(line.substr(line.find('[') + 1, line.find(']') - line.find('[') - 1));
  EXPECT_FALSE(needed.empty());
  EXPECT_THAT(needed, Each(AnyOf("libc.so.6", "ld-linux-x86-64.so.2", "libm.so.6", "libdl.so.2",
                                 "libpthread.so.0")));
}

TEST(Exports, MarksDoNothingWithoutTheRecorder) { EXPECT_EQ(hotloop_test_mark_from_c(3), 3); }

} // namespace
} // namespace hotloop
