#pragma once

#include <memory>
#include <string>

#include "tests/support/random.h"

namespace hotloop::fuzz {

// What is fuzzed. run() makes one input from `random` alone and gives it to the code under test; it
// must return, whatever the input. "" or what is wrong about the result.
class Target {
public:
  virtual ~Target() = default;
  virtual std::string run(test_support::Random &random) = 0;
};

// Defined by the file of each target.
std::unique_ptr<Target> makeTarget();

} // namespace hotloop::fuzz
