#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace hotloop::cli {

struct SubprocessOptions {
  std::string folder;                                           // to run in; empty: here
  std::vector<std::pair<std::string, std::string>> environment; // on top of our own
  bool capture = false;  // keep standard output; else it goes to ours
  bool quiet = false;    // standard output (unless kept) and error go nowhere
  std::string errorFile; // standard error goes there
  std::optional<std::chrono::milliseconds> timeout; // then it is killed, with its group
};
struct SubprocessOutcome {
  int exitCode = 0; // 128 + signal; 127 not found
  bool timedOut = false;
  std::string output;
};

// Runs a program and waits for it. Errors: it cannot be started at all.
Result<SubprocessOutcome> runSubprocess(const std::vector<std::string> &command,
                                        const SubprocessOptions &options = {});

// One line of `git -C folder ...`; empty when git fails or is not there.
std::string gitLine(const std::vector<std::string> &arguments, const std::string &folder = ".");

// The words of a shell-like command line: blanks separate, quotes and backslashes protect.
// Error: an open quote.
Result<std::vector<std::string>> splitCommand(const std::string &text);
// One word as a shell would take it.
std::string shellQuoted(const std::string &word);
std::string shellCommand(const std::vector<std::string> &command);

} // namespace hotloop::cli
