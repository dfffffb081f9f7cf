#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "collectors/inject/recorder.h"
#include "core/store/run_reader.h"

// Records the test target (targets/target.h) and loads what came of it.
namespace hotloop::testing {

// A folder that is removed at the end of the test.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  std::string operator/(const std::string &name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

std::string targetProgram();
std::string recorderProgram();
std::string injectedLibrary();

struct Recorded {
  RecordOutcome outcome;
  TraceView run{TraceData{}};
};
// Asserts (throws, as a test's failure) that both work.
Recorded recordTarget(const std::vector<std::string> &arguments, const RecordOptions &options = {});

// Numbers of the steps of a process (row id), sorted; 0: of all.
std::vector<std::int64_t> stepNumbers(const TraceView &run, std::uint32_t process = 0);
std::vector<std::int64_t> numbersFrom(std::int64_t first, std::int64_t count);
// Count of a quality row; 0 when there is none.
std::int64_t qualityCount(const TraceView &run, std::string_view name);

// Starts a program with stdin, stdout and stderr given to files (empty: inherited); returns its
// pid.
int spawn(const std::vector<std::string> &command, const std::string &standardOutput = {});
// Its exit status, 128 + signal.
int waitFor(int pid);
// Waits until the file is there and has text, up to 20 s; returns the text.
std::string waitForFile(const std::string &path);

} // namespace hotloop::testing
