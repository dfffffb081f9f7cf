#pragma once

#include <string_view>

namespace hotloop {

// Is this file of the user's own Python code: no installed package, no part of Python itself, not
// torch? Paths may be cut to what follows the folder of modules, as Kineto cuts them.
bool isPythonUserFile(std::string_view file);

} // namespace hotloop
