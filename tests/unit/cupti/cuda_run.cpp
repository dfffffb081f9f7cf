#include "tests/unit/cupti/cuda_run.h"

#include <cstdlib>

namespace hotloop::testing {
namespace {

std::string testFolder() { return std::string(std::getenv("HOTLOOP_BINARY_DIR")) + "/tests/"; }

std::size_t named(const TraceView &run, const Column<StringId> &names, std::string_view name) {
  std::size_t count = 0;
  for (const StringId id : names) count += run.text(id) == name ? 1 : 0;
  return count;
}

} // namespace

std::string fakeCupti() { return testFolder() + "libfakecupti.so.13"; }

std::string cudaTarget() {
#ifdef HOTLOOP_TEST_STATIC_ONLY
  return testFolder() + "hotloop_cuda_target_static";
#else
  return testFolder() + "hotloop_cuda_target";
#endif
}

Recorded recordCuda(const std::string &mode, int number, const std::string &fakeWords,
                    RecordOptions options) {
  ::setenv("HOTLOOP_CUPTI_PATH", fakeCupti().c_str(), 1);
  ::setenv("FAKE_CUPTI", fakeWords.c_str(), 1);
  ::setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 1);
  options.command = {cudaTarget(), mode, std::to_string(number)};
#ifdef HOTLOOP_TEST_STATIC_ONLY
  options.injectLibrary = testFolder() + "libhotloop_test_nothing.so";
#endif
  return recordTarget({}, options);
}

std::size_t apisNamed(const TraceView &run, std::string_view name) {
  return named(run, run->apis.name, name);
}
std::size_t kernelsNamed(const TraceView &run, std::string_view name) {
  return named(run, run->kernels.name, name);
}

} // namespace hotloop::testing
