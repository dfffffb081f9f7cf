#pragma once

#include <string>
#include <vector>

namespace hotloop {

// The arguments as one line that a POSIX shell reads back.
std::string shellQuote(const std::vector<std::string> &arguments);

} // namespace hotloop
