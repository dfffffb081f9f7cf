#pragma once

#include <span>

#include "cli/help/help_text.h"

namespace hotloop::cli {

// The suites of tests/accuracy/suites, compiled in: `name` is the file's without .json, `markdown`
// its text.
std::span<const HelpTopic> builtinSuites();

} // namespace hotloop::cli
