#include "tests/unit/cli/cli_harness.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "cli/run_cli.h"
#include "core/store/run_writer.h"

namespace hotloop::cli {

namespace fs = std::filesystem;

CliResult runCli(std::vector<std::string> words,
                 const std::map<std::string, std::string> &variables, std::size_t columns) {
  std::ostringstream out, err;
  Surroundings surroundings;
  surroundings.out = &out;
  surroundings.err = &err;
  surroundings.columns = columns;
  surroundings.variable = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(std::string(name));
    if (found != variables.end()) return found->second;
    if (name == "PATH") return std::getenv("PATH");
    return std::nullopt;
  };
  const int code = runCli(std::span<const std::string>(words), surroundings);
  return {code, out.str(), err.str()};
}

TestFolder::TestFolder() : before_(fs::current_path()) {
  std::string pattern = (fs::temp_directory_path() / "hotloop-cli-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) std::abort();
  folder_ = pattern;
  fs::current_path(folder_);
}

TestFolder::~TestFolder() {
  fs::current_path(before_);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void makeRunFile(const std::string &path, const test_support::MakeRunOptions &options) {
  auto writer = RunWriter::create(path, {.overwrite = true});
  ASSERT_TRUE(writer) << writer.error().message;
  const auto made = test_support::makeRun(**writer, options);
  ASSERT_TRUE(made) << made.error().message;
  const auto finished = (*writer)->finalise(RunState::kClean);
  ASSERT_TRUE(finished) << finished.error().message;
}

void makeEmptyRunFile(const std::string &path) {
  auto writer = RunWriter::create(path, {.overwrite = true});
  ASSERT_TRUE(writer) << writer.error().message;
  const auto finished = (*writer)->finalise(RunState::kClean);
  ASSERT_TRUE(finished) << finished.error().message;
}

void expectGolden(const std::string &name, const std::string &actual) {
  const std::string path = sourceFile("tests/unit/cli/golden/" + name);
  if (const char *rebase = std::getenv("HOTLOOP_REBASE"); rebase != nullptr && *rebase == '1') {
    writeFile(path, actual);
    return;
  }
  EXPECT_EQ(readFile(path), actual) << "in " << path << "; HOTLOOP_REBASE=1 rewrites it";
}

std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void writeFile(const std::string &path, const std::string &text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string sourceFile(const std::string &path) {
  const char *folder = std::getenv("HOTLOOP_SOURCE_DIR");
  return std::string(folder == nullptr ? "." : folder) + "/" + path;
}

} // namespace hotloop::cli
