#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/inject/targets/target.h"

int runThreads(int, char **argv) {
  const std::string mode = argv[1];
  if (mode != "threads" && mode != "paced-threads" && mode != "short-threads") return -1;
  // threads: that many at once, each with so many steps; paced: with pauses, so that nothing is
  // dropped. short-threads: one after the other.
  const int threads = std::atoi(argv[2]);
  const int steps = std::atoi(argv[3]);
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([i, steps, paced = mode == "paced-threads"] {
      const int atOnce = paced ? 1000 : steps;
      for (int done = 0; done < steps; done += atOnce) {
        markSteps(std::int64_t(i) * 1'000'000 + done, std::min(atOnce, steps - done));
        if (paced) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    });
    if (mode == "short-threads") running.back().join();
  }
  for (std::thread &thread : running)
    if (thread.joinable()) thread.join();
  return 0;
}
