#pragma once

#include <string>
#include <vector>

namespace hotloop::cli {

// A file name for a run of `command`: "hotloop-<program>-<n>.hotloop" in the current folder with
// the first n from 1 that is free. <program> is the script of a Python interpreter where there is
// one ("python3 -u tools/train.py" -> train), else the program's name.
std::string defaultRunFile(const std::vector<std::string> &command);

// The <program> part of it, of letters, digits, '-', '_' and '.'.
std::string runName(const std::vector<std::string> &command);

} // namespace hotloop::cli
