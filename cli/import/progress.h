#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/command.h"
#include "cli/status_line.h"
#include "collectors/import/import_report.h"

namespace hotloop::cli {

// Tells how far an import is: on the status line of a terminal, or with --progress=json as one
// object a line on standard error, which the viewer reads (docs/cli/import.md has the keys).
class ImportProgressWriter {
public:
  ImportProgressWriter(const CommandContext &context, bool json)
      : context_(context), status_(context), json_(json) {}

  // For the file that is read next.
  ImportOptions options(const std::string &file);
  // One line with --progress=json: `event` and its file; `text` is the run file or the error.
  void say(const std::string &event, const std::string &file, const std::string &text);

private:
  void update(const std::string &file, const ImportProgress &progress);

  const CommandContext &context_;
  StatusLine status_;
  bool json_;
  std::chrono::steady_clock::time_point last_{};
};

} // namespace hotloop::cli
