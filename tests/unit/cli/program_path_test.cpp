#include "cli/program_path.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/record/default_output.h"
#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

Surroundings withPath(const std::string &path) {
  Surroundings surroundings;
  surroundings.variable = [path](std::string_view name) -> std::optional<std::string> {
    if (name == "PATH") return path;
    return std::nullopt;
  };
  return surroundings;
}

TEST(ProgramPath, FindsAndRefuses) {
  const TestFolder folder;
  namespace fs = std::filesystem;
  fs::create_directories("one");
  fs::create_directories("two");
  writeFile("one/tool", "#!/bin/sh\n");
  writeFile("two/tool", "#!/bin/sh\n");
  fs::permissions("two/tool", fs::perms::owner_all);
  const Surroundings both = withPath("one:two");
  EXPECT_EQ(resolveProgram("tool", both).value(), "two/tool"); // the one in "one" is not executable
  EXPECT_EQ(resolveProgram("two/tool", both).value(), "two/tool");
  EXPECT_EQ(resolveProgram("tool", withPath("one")).error().kind, ErrorKind::kPermission);
  EXPECT_EQ(resolveProgram("one/tool", both).error().kind, ErrorKind::kPermission);
  EXPECT_THAT(resolveProgram("./one", both).error().message, testing::HasSubstr("is a folder"));
  EXPECT_EQ(resolveProgram("absent", both).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(resolveProgram("./absent", both).error().kind, ErrorKind::kNotFound);
  writeFile("here", "");
  EXPECT_THAT(resolveProgram("here", both).error().message,
              testing::HasSubstr("the one in this folder is ./here"));
  EXPECT_EQ(findBesideOrOnPath("tool", both), "two/tool");
  EXPECT_EQ(findBesideOrOnPath("absent", both), "");
}

TEST(DefaultOutput, NamesTheScriptAndTakesTheFirstFreeNumber) {
  const TestFolder folder;
  EXPECT_EQ(runName({"/usr/bin/my prog"}), "my_prog");
  EXPECT_EQ(runName({"python3", "-u", "tools/train.py", "x.py"}), "train");
  EXPECT_EQ(runName({"python3.11", "-m", "torch.distributed.run"}), "torch.distributed.run");
  EXPECT_EQ(runName({"python3", "-c", "pass"}), "python3");
  EXPECT_EQ(runName({}), "run");
  EXPECT_EQ(defaultRunFile({"ls"}), "hotloop-ls-1.hotloop");
  writeFile("hotloop-ls-1.hotloop", "");
  EXPECT_EQ(defaultRunFile({"ls"}), "hotloop-ls-2.hotloop");
}

} // namespace
} // namespace hotloop::cli
