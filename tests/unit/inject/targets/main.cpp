#include "tests/unit/inject/targets/target.h"

#include <cstdio>
#include <string>

#include "include/hotloop/hotloop.h"

#ifdef HOTLOOP_HAVE_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

void markSteps(std::int64_t first, std::int64_t count) {
  for (std::int64_t number = first; number < first + count; ++number) {
    hotloop_step_begin(number);
#ifdef HOTLOOP_HAVE_NVTX
    nvtxRangePushA(("step " + std::to_string(number)).c_str());
    nvtxRangePushA("work");
    nvtxRangePop();
    nvtxRangePop();
#endif
    hotloop_step_end();
  }
}

int main(int argc, char **argv) {
  for (const auto run : {runEnding, runProcesses, runThreads})
    if (const int status = argc > 1 ? run(argc, argv) : -1; status >= 0) return status;
  std::fprintf(stderr, "unknown mode\n");
  return 99;
}
