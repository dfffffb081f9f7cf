#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace hotloop::cli {

// Becomes the program hotloop-gui, beside hotloop or on PATH, with `first` and the words that
// follow the verb. Returns only with an error: it is not installed, or cannot be run.
Result<int> runViewer(const CommandContext &context, std::string_view verb,
                      const std::vector<std::string> &first);

} // namespace hotloop::cli
