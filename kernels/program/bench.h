#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/program/layer.h"

namespace hotloop::kernels::program {

struct BenchShape {
  std::string name;
  MoeShape shape;
  bool backward = false; // time the backward pass too
};
// The shapes of the project's research: "main" are those with a goal, "all" every one.
// Those whose name contains `only`.
std::vector<BenchShape> benchShapes(std::string_view set, std::string_view only);

struct BenchOptions {
  std::string_view set = "main";
  std::string_view only;
  int repeats = 21;
  double peakTflops = 798; // of a large bf16 product on an H100, measured with LibTorch
  bool variants = true;
};
// Times everything in graph replay, cold (all caches read over before each run) and warm; one JSON
// line per measurement to `log` and a table to standard output.
void benchAll(const BenchOptions &options, std::FILE *log);

} // namespace hotloop::kernels::program
