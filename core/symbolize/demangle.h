#pragma once

#include <string>

namespace hotloop {

// The C++ name behind a mangled one; any other name comes back as it is.
std::string demangle(const char *name);

} // namespace hotloop
