#pragma once

#include <span>
#include <string>

#include "cli/help/help_text.h"
#include "core/base/result.h"

namespace hotloop::cli {

// The measuring program (Python), compiled in: one entry.
std::span<const HelpTopic> deviceHelper();

// Runs it with `python`; what it printed (JSON). Errors: no such Python, what the helper says is
// missing (PyTorch, a GPU).
Result<std::string> measureDevice(const std::string &python);

} // namespace hotloop::cli
