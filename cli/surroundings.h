#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>

#include "cli/arguments/arguments.h"

namespace hotloop::cli {

// Everything that a command may know about where it runs; tests make their own.
struct Surroundings {
  std::ostream *out = nullptr; // results
  std::ostream *err = nullptr; // progress and messages
  bool outTerminal = false;
  bool errTerminal = false;
  std::size_t columns = 0; // width of the terminal; 0 unknown
  VariableLookup variable;
  std::string executable; // path of this program; may be empty
};

// Of this process: standard streams, environment, window size.
Surroundings processSurroundings();

} // namespace hotloop::cli
