#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/support/make_run.h"

namespace hotloop::cli {

struct CliResult {
  int code = 0;
  std::string out, err;
};

// Runs the program in this process with no terminal, no environment but `variables` (and PATH), and
// lines as long as they need.
CliResult runCli(std::vector<std::string> words,
                 const std::map<std::string, std::string> &variables = {}, std::size_t columns = 0);

// A folder of its own for one test, entered for the life of the object.
class TestFolder {
public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder &) = delete;
  TestFolder &operator=(const TestFolder &) = delete;

private:
  std::string before_, folder_;
};

// Makes a run file; fails the test when it cannot.
void makeRunFile(const std::string &path, const test_support::MakeRunOptions &options);
// A finished run file without any event.
void makeEmptyRunFile(const std::string &path);

// Compares with tests/unit/cli/golden/<name>; HOTLOOP_REBASE=1 rewrites the file instead.
void expectGolden(const std::string &name, const std::string &actual);

std::string readFile(const std::string &path);
void writeFile(const std::string &path, const std::string &text);
// Path of a file of the source tree.
std::string sourceFile(const std::string &path);

} // namespace hotloop::cli
