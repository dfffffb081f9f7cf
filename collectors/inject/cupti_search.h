#pragma once

#include <string>

namespace hotloop {

// A libcupti.so.13 that the loader of a program would not find by itself: the one of the Python
// packages beside the python3 on PATH. "" when there is none. Starts no program.
std::string findCupti();

} // namespace hotloop
