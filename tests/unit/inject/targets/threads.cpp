#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/inject/targets/target.h"

int runThreads(int, char **argv) {
  const std::string mode = argv[1];
  if (mode != "threads" && mode != "short-threads") return -1;
  // threads: that many at once, each with so many steps. short-threads: one after the other.
  const int threads = std::atoi(argv[2]);
  const int steps = std::atoi(argv[3]);
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([i, steps] { markSteps(std::int64_t(i) * 1'000'000, steps); });
    if (mode == "short-threads") running.back().join();
  }
  for (std::thread &thread : running)
    if (thread.joinable()) thread.join();
  return 0;
}
