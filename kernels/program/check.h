#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "kernels/program/layer.h"

namespace hotloop::kernels::program {

struct CheckCase {
  std::string name;
  MoeShape shape;
  LayerTypes types;
  Skew skew = Skew::kUniform;
};
// `small`: only what compute-sanitizer gets through in a minute.
std::vector<CheckCase> checkCases(bool small);

// Every operator and variant against the double reference; sanity of routing exactly; bit equality
// of two runs and of graph replays with other inputs. One JSON line per comparison to `log`;
// returns the number of failures.
int checkAll(bool small, std::FILE *log);

} // namespace hotloop::kernels::program
