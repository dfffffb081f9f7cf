#include "samples/bench.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace hotloop::samples {
namespace {

constexpr int kMost = 100000;

bool parseCount(std::string_view text, int &count) {
  const char *last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, count);
  return error == std::errc() && end == last && count >= 1 && count <= kMost;
}

double medianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void print(std::span<const BenchForm> forms, const std::vector<std::vector<double>> &times,
           int steps) {
  std::printf("{\n  \"steps_per_round\": %d,\n  \"configurations\": [", steps);
  for (std::size_t i = 0; i < forms.size(); ++i) {
    std::printf("%s\n    {\"name\": \"%s\", \"step_ms\": {\"median\": %.6f, \"rounds\": [",
                i == 0 ? "" : ",", forms[i].name.c_str(), medianOf(times[i]));
    for (std::size_t k = 0; k < times[i].size(); ++k)
      std::printf("%s%.6f", k == 0 ? "" : ", ", times[i][k]);
    std::printf("]}}");
  }
  std::printf("\n  ]\n}\n");
}

} // namespace

std::string parseBench(int argc, char **argv, int first, BenchOptions &options) {
  for (int i = first; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--json") continue; // the only format
    if (i + 1 >= argc) return std::string(flag) + " needs a value";
    const std::string_view value = argv[++i];
    if (flag == "--compare")
      options.compare.emplace_back(value);
    else if (flag != "--rounds" && flag != "--steps")
      return "unknown option " + std::string(flag);
    else if (!parseCount(value, flag == "--rounds" ? options.rounds : options.steps))
      return std::string(flag) + " wants a number from 1 to 100000, not " + std::string(value);
  }
  return options.compare.empty() ? "bench needs --compare ID/FORM, at least once" : "";
}

bool runBench(std::span<const BenchForm> forms, const BenchOptions &options, void (*settle)()) {
  std::vector<std::vector<double>> times(forms.size());
  std::vector<double> results(forms.size(), std::nan(""));
  bool right = true;
  for (int round = 0; round < options.rounds; ++round)
    for (std::size_t k = 0; k < forms.size(); ++k) {
      const std::size_t i = round % 2 == 0 ? k : forms.size() - 1 - k;
      StepClock clock(options.steps / 4, settle);
      const double result = forms[i].form(StepLoop(options.steps, StepMarks::kNone, &clock));
      if (round > 0 &&
          !(std::abs(result - results[i]) <= 1e-4 * std::max(1.0, std::abs(results[i])))) {
        std::fprintf(stderr, "%s: result %.9g, and %.9g in the round before\n",
                     forms[i].name.c_str(), result, results[i]);
        right = false;
      }
      results[i] = result;
      times[i].push_back(clock.stepMs());
    }
  print(forms, times, options.steps);
  return right;
}

} // namespace hotloop::samples
