#pragma once

#include <span>
#include <string>
#include <vector>

#include "samples/step_loop.h"

namespace hotloop::samples {

// `bench`: forms of samples timed in turn inside one process, so that they share its luck.
struct BenchOptions {
  std::vector<std::string> compare; // "hl101_item/bad"
  int rounds = 7;
  int steps = 60; // of one form in one round; the first quarter is warm-up
};

// Reads --compare ID/FORM (repeated), --rounds N, --steps N, --json from argv[first] on. Returns
// the message of what is wrong with them, or "".
std::string parseBench(int argc, char **argv, int first, BenchOptions &options);

struct BenchForm {
  std::string name;
  double (*form)(const StepLoop &loop) = nullptr;
};

// Runs every form once in each round, every other round backwards, and prints the step times
// of all rounds as JSON, as `hotloop-moe bench --json` does. False where a form gave another result
// than in the round before.
bool runBench(std::span<const BenchForm> forms, const BenchOptions &options,
              void (*settle)() = nullptr);

} // namespace hotloop::samples
