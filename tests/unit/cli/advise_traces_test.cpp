// `hotloop advise` on every trace that other tools left: findings, or the reason why there are
// none. What it finds is compared in tests/golden/advice. The traces are not a part of the
// repository; without them the test is skipped.

#include <algorithm>
#include <filesystem>
#include <regex>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::vector<fs::path> traces() {
  std::vector<fs::path> found;
  std::error_code failed;
  const fs::path folder = fs::path(sourceFile("..")) / "shared/traces";
  for (const char *kind : {"h100", "kineto", "kineto_multirank", "memsnap", "ncu", "nsys"})
    for (const auto &entry : fs::directory_iterator(folder / kind, failed))
      if (entry.path().extension() == ".gz" || entry.path().extension() == ".nsys-rep")
        found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

TEST(AdviseTraces, FindingsOrTheReasonWhyNot) {
  const auto files = traces();
  if (files.empty()) GTEST_SKIP() << "the public traces are not beside this checkout";
  const std::regex finding(R"(\n *1  HL\d{3} )");
  std::size_t advised = 0, explained = 0, refused = 0;
  for (const fs::path &file : files) {
    SCOPED_TRACE(file.string());
    const CliResult result = runCli({"advise", file.string(), "--limit", "3"});
    if (result.code == 2) {
      // Only what is no trace: an archive, a table, a format that its own tool has to export.
      const std::string name = file.filename();
      EXPECT_TRUE(name.ends_with(".tar.gz") || name.ends_with(".csv.gz") ||
                  name.ends_with(".nsys-rep"));
      EXPECT_THAT(result.err, HasSubstr(name));
      ++refused;
    } else if (result.code == 3) {
      EXPECT_THAT(result.out, HasSubstr("No findings: rules look at steady steps"));
      EXPECT_THAT(result.out,
                  testing::AnyOf(HasSubstr("is steady"), HasSubstr("are steady"),
                                 HasSubstr("marks no steps"), HasSubstr("holds no steps")))
          << "the reason, and what to do";
      EXPECT_THAT(result.out, HasSubstr("cannot know: "));
      ++explained;
    } else {
      EXPECT_EQ(result.code, 0) << result.err;
      EXPECT_TRUE(std::regex_search(result.out, finding) ||
                  result.out.find("Nothing found that holds the loop back.") != std::string::npos)
          << result.out;
      EXPECT_THAT(result.out, HasSubstr("cannot know: ")) << "what the data cannot support";
      ++advised;
    }
  }
  EXPECT_GT(advised, files.size() / 2);
  EXPECT_GT(explained, 0u);
  EXPECT_LE(refused, 3u);
}

} // namespace
} // namespace hotloop::cli
