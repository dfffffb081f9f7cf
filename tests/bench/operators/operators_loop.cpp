// A loop of one small LibTorch operator: operators_loop <kind> <operators per block> <blocks>
// [observer]. Prints the CPU nanoseconds per operator of each block. Knows nothing of the profiler:
// operators_bench.py runs it plainly, recorded, and under an observer that does nothing.
#include <torch/torch.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include "tests/bench/operators/empty_observer.h"

namespace {

// Of this thread, so that others on the machine weigh less.
double cpuNanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

template <class Operator> void run(long count, int blocks, Operator &&once) {
  for (long i = 0; i < count / 10; ++i) {
    once();
  }
  for (int block = 0; block < blocks; ++block) {
    const double start = cpuNanoseconds();
    for (long i = 0; i < count; ++i) {
      once();
    }
    std::printf("%.2f\n", (cpuNanoseconds() - start) / static_cast<double>(count));
  }
}

} // namespace

int main(int argc, char **argv) {
  const std::string_view kind = argc > 1 ? argv[1] : "inplace";
  const long count = argc > 2 ? std::atol(argv[2]) : 20000;
  const int blocks = argc > 3 ? std::atoi(argv[3]) : 5;
  torch::set_num_threads(1);
  if (argc > 4) {
    hotloop_bench_observe();
  }
  const torch::NoGradGuard noGrad;
  torch::Tensor a = torch::ones({1});
  const torch::Tensor b = torch::ones({1});
  if (kind == "inplace") {
    run(count, blocks, [&] { a.add_(b); });
  } else if (kind == "view") {
    run(count, blocks, [&] { (void)a.detach(); });
  } else if (kind == "allocate") {
    run(count, blocks, [&] { (void)at::empty({16}); });
  } else {
    std::fprintf(stderr,
                 "operators_loop: no kind of loop named '%s'; there are inplace, view, allocate\n",
                 argv[1]);
    return 2;
  }
  return 0;
}
