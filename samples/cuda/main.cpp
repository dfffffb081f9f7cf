#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <string>

#include "samples/bench.h"
#include "samples/cuda/cuda_sample.h"

// hotloop-cuda-samples: the part of the labelled corpus that needs a GPU. The same command line as
// hotloop-samples; exit code 3 without a GPU.
namespace hotloop::samples {

CudaSample hl101Copy();
CudaSample hl102Sync();
CudaSample hl105Pageable();
CudaSample hl106Memcpy();
CudaSample hl107Download();
CudaSample hl108Tiny();
CudaSample hl110Polling();
CudaSample hl201Raw();
CudaSample hl204Pinned();
CudaSample hl206Stream();
CudaSample hl302Graph();
CudaSample hl306Rebuild();

std::span<const CudaSample> allCudaSamples() {
  static const std::array samples = {
      hl101Copy(),    hl102Sync(), hl105Pageable(), hl106Memcpy(), hl107Download(), hl108Tiny(),
      hl110Polling(), hl201Raw(),  hl204Pinned(),   hl206Stream(), hl302Graph(),    hl306Rebuild()};
  return samples;
}

} // namespace hotloop::samples

namespace {

using namespace hotloop::samples;

int usage() {
  std::fputs("usage: hotloop-cuda-samples list\n"
             "       hotloop-cuda-samples run <id> bad|good|benign [--steps N]\n"
             "       hotloop-cuda-samples bench --compare ID/FORM ... [--rounds N] [--steps N] "
             "[--json]\n",
             stderr);
  return 2;
}

CudaForm formOf(const CudaSample &sample, std::string_view form) {
  if (form == "bad") return sample.bad;
  if (form == "good") return sample.good;
  return form == "benign" ? sample.benign : nullptr;
}

bool noDevice() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) == cudaSuccess && devices > 0) return false;
  std::fputs("hotloop-cuda-samples: this machine has no CUDA device\n", stderr);
  return true;
}

int bench(int argc, char **argv) {
  BenchOptions options;
  if (const std::string wrong = parseBench(argc, argv, 2, options); !wrong.empty()) {
    std::fprintf(stderr, "hotloop-cuda-samples: %s\n", wrong.c_str());
    return usage();
  }
  std::vector<BenchForm> forms;
  for (const std::string &name : options.compare)
    for (const CudaSample &sample : allCudaSamples())
      if (name.starts_with(std::string(sample.id) + "/"))
        if (const CudaForm form = formOf(sample, name.substr(sample.id.size() + 1)))
          forms.push_back({name, form});
  if (forms.size() != options.compare.size()) {
    std::fputs("hotloop-cuda-samples: --compare wants a sample and its form, like "
               "hl101_copy/bad\n",
               stderr);
    return usage();
  }
  if (noDevice()) return 3;
  return runBench(forms, options, [] { check(cudaDeviceSynchronize(), "cudaDeviceSynchronize"); })
             ? 0
             : 1;
}

int run(const CudaSample &sample, std::string_view form, int steps) {
  const CudaForm chosen = formOf(sample, form);
  if (chosen == nullptr) return usage();
  if (noDevice()) return 3;
  const double result = chosen(StepLoop(steps, StepMarks::kApi));
  const double expected =
      (form == "good" ? sample.bad : sample.good)(StepLoop(steps, StepMarks::kNone));
  // The benign forms that do other work compute something else; their own result must be a number.
  const bool right =
      std::isfinite(result) &&
      (form == "benign" || std::abs(result - expected) <= 1e-4 * std::max(1.0, std::abs(expected)));
  std::printf("%s %s: %d steps, result %.6g, %s %.6g\n", sample.id.data(),
              std::string(form).c_str(), steps, result,
              right ? "as computed the other way," : "but the other way gives", expected);
  return right ? 0 : 1;
}

} // namespace

int main(int argc, char **argv) {
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "list" && argc == 2) {
    for (const CudaSample &sample : allCudaSamples())
      std::printf("%-20s %s\n", sample.id.data(), sample.summary.data());
    return 0;
  }
  if (verb == "bench") return bench(argc, argv);
  if (verb != "run" || (argc != 4 && argc != 6)) return usage();
  int steps = 60;
  if (argc == 6) {
    const std::string_view value = argv[5];
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), steps);
    if (std::string_view(argv[4]) != "--steps" || error != std::errc() ||
        end != value.data() + value.size() || steps < 1)
      return usage();
  }
  for (const CudaSample &sample : allCudaSamples())
    if (sample.id == argv[2]) return run(sample, argv[3], steps);
  return usage();
}
