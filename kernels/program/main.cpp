#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "kernels/program/bench.h"
#include "kernels/program/check.h"
#include "kernels/program/list.h"

namespace {

constexpr const char *kUsage =
    R"(hotloop-kernels: the operators of a Mixture-of-Experts layer on this GPU

  hotloop-kernels list [tokens dim inner experts k gelu|swiglu [bf16|fp16|tf32|fp32]]
      every variant of every operator; with a shape, which one runs and why
  hotloop-kernels check [--small] [--log FILE]
      every variant against double precision; exit code 1 if one is wrong
  hotloop-kernels bench [--set main|all] [--only TEXT] [--repeats N] [--peak-tflops X] [--no-variants]
                        [--log FILE]
      times in graph replay, cold and warm, with the share of the roofline floor
)";

int refuse(const std::string &why) {
  std::fprintf(stderr, "%s\n\n%s", why.c_str(), kUsage);
  return 2;
}

} // namespace

int main(int argc, char **argv) {
  using namespace hotloop::kernels::program;
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "--help" || verb == "-h") {
    std::printf("%s", kUsage);
    return 0;
  }
  if (verb == "list") return listCommand(argc - 2, argv + 2);
  if (verb != "check" && verb != "bench")
    return refuse(verb.empty() ? "Say what to do."
                               : "There is no verb '" + std::string(verb) + "'.");
  bool small = false;
  BenchOptions options;
  std::string path = "/dev/null";
  for (int i = 2; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const bool hasValue = i + 1 < argc;
    if (flag == "--small")
      small = true;
    else if (flag == "--no-variants")
      options.variants = false;
    else if (flag == "--log" && hasValue)
      path = argv[++i];
    else if (flag == "--set" && hasValue)
      options.set = argv[++i];
    else if (flag == "--only" && hasValue)
      options.only = argv[++i];
    else if (flag == "--repeats" && hasValue)
      options.repeats = std::atoi(argv[++i]);
    else if (flag == "--peak-tflops" && hasValue)
      options.peakTflops = std::atof(argv[++i]);
    else
      return refuse("The flag '" + std::string(flag) + "' is not known or lacks its value.");
  }
  if (options.repeats < 1 || options.peakTflops <= 0 ||
      (options.set != "main" && options.set != "all"))
    return refuse("--repeats must be at least 1, --peak-tflops above 0, --set main or all.");
  if (benchShapes(options.set, options.only).empty())
    return refuse("No shape of the set '" + std::string(options.set) + "' has '" +
                  std::string(options.only) + "' in its name; --set all has more.");
  std::FILE *log = std::fopen(path.c_str(), "w");
  if (!log) return refuse("The file '" + path + "' cannot be written: choose another for --log.");
  int failures = 0;
  if (verb == "check")
    failures = checkAll(small, log);
  else
    benchAll(options, log);
  std::fclose(log);
  return failures ? 1 : 0;
}
