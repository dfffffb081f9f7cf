#pragma once

#include <string>

#include "cli/command.h"

namespace hotloop::cli {

// What is going on, on one line of the terminal that vanishes when the work is done. Nothing where
// nobody looks on (CommandContext::progress).
class StatusLine {
public:
  explicit StatusLine(const CommandContext &context) : context_(context) {}
  StatusLine(const StatusLine &) = delete;
  StatusLine &operator=(const StatusLine &) = delete;
  ~StatusLine();

  void show(const std::string &text);

private:
  const CommandContext &context_;
  bool shown_ = false;
};

} // namespace hotloop::cli
