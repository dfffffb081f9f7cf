#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>

#include "samples/bench.h"
#include "samples/sample.h"
#include "samples/tensors.h"

// hotloop-samples: the programs of the labelled corpus. `run` marks its steps and checks its own
// arithmetic against another form of the same sample, run afterwards without marks.
namespace {

using namespace hotloop::samples;

constexpr const char *kUsage =
    "usage: hotloop-samples list\n"
    "       hotloop-samples run <id> bad|good|benign [--steps N] [--marks api|nvtx|none]\n"
    "       hotloop-samples bench --compare ID/FORM ... [--rounds N] [--steps N] [--json]\n";
constexpr int kUsageError = 2;
constexpr int kMostSteps = 100000;

struct RunCommand {
  const Sample *sample = nullptr;
  std::string form;
  int steps = 40;
  StepMarks marks = StepMarks::kApi;
};

int usageError(const std::string &message) {
  std::fprintf(stderr, "hotloop-samples: %s\n%s", message.c_str(), kUsage);
  return kUsageError;
}

std::string inQuotes(std::string_view text) { return "'" + std::string(text) + "'"; }

int list() {
  for (const Sample &sample : allSamples())
    std::printf("%-20s %s\n", sample.id.data(), sample.summary.data());
  return 0;
}

std::optional<StepMarks> parseMarks(std::string_view text) {
  if (text == "api") return StepMarks::kApi;
  if (text == "nvtx") return StepMarks::kNvtx;
  if (text == "none") return StepMarks::kNone;
  return std::nullopt;
}

SampleForm formOf(const Sample &sample, std::string_view form) {
  if (form == "bad") return sample.bad;
  if (form == "good") return sample.good;
  return form == "benign" ? sample.benign : nullptr;
}

SampleForm referenceOf(const Sample &sample, std::string_view form) {
  if (form == "good") return sample.bad;
  if (form == "benign" && sample.benignReference != nullptr) return sample.benignReference;
  return sample.good;
}

// float32 sums taken in another order agree to about 1e-5.
bool agree(double a, double b) {
  return std::isfinite(a) && std::abs(a - b) <= 1e-4 * std::max({1.0, std::abs(a), std::abs(b)});
}

int run(const RunCommand &command) {
  useOneThread();
  const double result =
      formOf(*command.sample, command.form)(StepLoop(command.steps, command.marks));
  const double expected =
      referenceOf(*command.sample, command.form)(StepLoop(command.steps, StepMarks::kNone));
  const bool right = agree(result, expected);
  std::printf("%s %s: %d steps, result %.6g, %s %.6g\n", command.sample->id.data(),
              command.form.c_str(), command.steps, result,
              right ? "as computed the other way," : "but the other way gives", expected);
  return right ? 0 : 1;
}

int bench(int argc, char **argv) {
  BenchOptions options;
  if (const std::string wrong = parseBench(argc, argv, 2, options); !wrong.empty())
    return usageError(wrong);
  std::vector<BenchForm> forms;
  for (const std::string &name : options.compare) {
    const std::size_t slash = name.find('/');
    const Sample *sample = findSample(name.substr(0, slash));
    const SampleForm form =
        sample == nullptr || slash == name.npos ? nullptr : formOf(*sample, name.substr(slash + 1));
    if (form == nullptr)
      return usageError("--compare wants a sample and its form, like hl101_item/bad, not " +
                        inQuotes(name));
    forms.push_back({name, form});
  }
  useOneThread();
  return runBench(forms, options) ? 0 : 1;
}

// Fills `command` from the arguments after `run`; the message of what is wrong with them, or "".
std::string parseRun(int argc, char **argv, RunCommand &command) {
  if (argc < 4) return "run needs the id of a sample and one of bad, good, benign";
  command.sample = findSample(argv[2]);
  command.form = argv[3];
  if (command.sample == nullptr)
    return "no sample is called " + inQuotes(argv[2]) + " (see: hotloop-samples list)";
  if (formOf(*command.sample, command.form) == nullptr)
    return inQuotes(command.form) + " is not one of bad, good, benign";
  for (int i = 4; i < argc; i += 2) {
    const std::string_view flag = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    if (flag == "--steps") {
      const char *last = value.data() + value.size();
      const auto [end, error] = std::from_chars(value.data(), last, command.steps);
      if (error != std::errc() || end != last || command.steps < 1 || command.steps > kMostSteps)
        return "--steps wants a number from 1 to 100000, not " + inQuotes(value);
    } else if (flag == "--marks") {
      const std::optional<StepMarks> marks = parseMarks(value);
      if (!marks) return "--marks wants api, nvtx or none, not " + inQuotes(value);
      command.marks = *marks;
    } else {
      return "unknown option " + inQuotes(flag);
    }
  }
  return "";
}

} // namespace

int main(int argc, char **argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "list" && argc == 2) return list();
  if (verb == "bench") try {
      return bench(argc, argv);
    } catch (const std::exception &error) {
      std::fprintf(stderr, "hotloop-samples: bench failed: %s\n", error.what());
      return 1;
    }
  if (verb != "run")
    return usageError(verb.empty() ? "nothing to do" : "unknown command " + inQuotes(verb));
  RunCommand command;
  const std::string wrong = parseRun(argc, argv, command);
  if (!wrong.empty()) return usageError(wrong);
  try {
    return run(command);
  } catch (const std::exception &error) { // c10::Error of LibTorch
    std::fprintf(stderr, "hotloop-samples: %s %s failed: %s\n", command.sample->id.data(),
                 command.form.c_str(), error.what());
    return 1;
  }
}
