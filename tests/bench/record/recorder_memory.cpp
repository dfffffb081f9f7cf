// Peak memory of the recorder while a program marks millions of steps: `bench_recorder_memory
// [millions]`.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "collectors/inject/recorder.h"
#include "core/store/run_reader.h"
#include "core/trace/meta_keys.h"

int main(int argc, char **argv) {
  using namespace hotloop;
  namespace fs = std::filesystem;
  const int millions = argc > 1 ? std::atoi(argv[1]) : 2;
  const fs::path build = fs::read_symlink("/proc/self/exe").parent_path().parent_path();
  const fs::path output = fs::temp_directory_path() / "hotloop-bench-memory.hotloop";
  RecordOptions options;
  options.output = output.string();
  options.overwrite = true;
  options.injectLibrary = (build / "lib/libhotloop.so").string();
  options.command = {(build / "tests/hotloop_test_target").string(), "paced-threads", "2",
                     std::to_string(millions * 500'000)};
  const auto outcome = record(options);
  if (!outcome) {
    std::fprintf(stderr, "%s\n", outcome.error().message.c_str());
    return 1;
  }
  const auto summary = summarizeRun(options.output);
  if (!summary) return 1;
  std::printf("events %llu, dropped %llu, %.1f s\n",
              static_cast<unsigned long long>(outcome->events),
              static_cast<unsigned long long>(outcome->dropped), outcome->seconds);
  for (const auto &[key, value] : summary->meta)
    if (key == meta_key::kRecorderPeakMemory)
      std::printf("recorder peak memory %.1f MB (goal <= 64)\n", std::atof(value.c_str()) / 1e6);
  fs::remove(output);
  return 0;
}
