#include "tests/unit/inject/recorded_run.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace hotloop::testing {
namespace {

std::string binaryFolder() {
  const char *folder = std::getenv("HOTLOOP_BINARY_DIR");
  if (!folder) throw std::runtime_error("HOTLOOP_BINARY_DIR is not set: run this through ctest");
  return folder;
}

} // namespace

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "hotloop-test-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string targetProgram() { return binaryFolder() + "/tests/hotloop_test_target"; }
std::string recorderProgram() { return binaryFolder() + "/tests/hotloop_test_recorder"; }
std::string injectedLibrary() { return binaryFolder() + "/lib/libhotloop.so"; }

Recorded recordTarget(const std::vector<std::string> &arguments, const RecordOptions &base) {
  const TemporaryFolder folder;
  RecordOptions options = base;
  if (options.injectLibrary.empty()) options.injectLibrary = injectedLibrary();
  options.output = folder / "run.hotloop";
  if (options.command.empty()) {
    options.command = {targetProgram()};
    options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  }
  auto outcome = record(options);
  if (!outcome) throw std::runtime_error(outcome.error().message);
  auto run = loadRun(options.output);
  if (!run) throw std::runtime_error(run.error().message);
  return {std::move(*outcome), std::move(*run)};
}

std::vector<std::int64_t> stepNumbers(const TraceView &run, std::uint32_t process) {
  std::vector<std::int64_t> numbers;
  for (std::size_t i = 0; i < run->steps.number.size(); ++i) {
    const std::uint32_t thread = run->steps.lane[i].value;
    if (process == 0 || run->threads.process[thread - 1].value == process)
      numbers.push_back(run->steps.number[i]);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<std::int64_t> numbersFrom(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < count; ++i) numbers.push_back(first + i);
  return numbers;
}

std::int64_t qualityCount(const TraceView &run, std::string_view name) {
  for (std::size_t i = 0; i < run->quality.name.size(); ++i)
    if (run.text(run->quality.name[i]) == name) return run->quality.count[i];
  return 0;
}

int spawn(const std::vector<std::string> &command, const std::string &standardOutput) {
  std::vector<char *> arguments;
  for (const std::string &argument : command)
    arguments.push_back(const_cast<char *>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (!standardOutput.empty()) {
      const int file = ::open(standardOutput.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::dup2(file, 1);
    }
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  return child;
}

int waitFor(int pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string waitForFile(const std::string &path) {
  for (int tries = 0; tries < 2000; ++tries) {
    std::ifstream file(path);
    std::string line;
    if (std::getline(file, line) && !file.eof()) return line;
    ::usleep(10'000);
  }
  throw std::runtime_error(path + " did not appear");
}

} // namespace hotloop::testing
