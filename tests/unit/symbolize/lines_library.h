#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace hotloop::test {

// Path of a variant below the build's test folder: "liblines_dwarf5.so", "stripped/liblines.so".
std::string linesPath(const std::string &name);
// Path and marked lines of targets/lines_target.cpp; 0 when there is no such mark.
std::string linesSource();
std::uint32_t markedLine(const std::string &mark);

// The return address (minus the load bias) of the callback that `function` of the library at `path`
// makes. Fails the test and gives 0 when the library or the function is not there.
std::uint64_t returnAddressIn(const std::string &path, const std::string &function);

std::vector<std::uint8_t> buildIdOf(const std::string &path);

} // namespace hotloop::test
