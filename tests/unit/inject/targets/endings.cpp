#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <unistd.h>

#include "tests/unit/inject/targets/target.h"

namespace {

volatile std::sig_atomic_t terminated = 0;

void writeByteStream(std::size_t bytes) {
  std::uint32_t state = 12345;
  std::string block;
  for (std::size_t written = 0; written < bytes; written += block.size()) {
    block.clear();
    for (int i = 0; i < 65536; ++i) {
      state = state * 1664525u + 1013904223u;
      block.push_back(static_cast<char>(state >> 24));
    }
    std::fwrite(block.data(), 1, block.size(), stdout);
  }
}

} // namespace

int runEnding(int argc, char **argv) {
  const std::string mode = argv[1];
  if (mode == "steps") { // count, exit status
    markSteps(0, std::atoi(argv[2]));
    return argc > 3 ? std::atoi(argv[3]) : 0;
  }
  if (mode == "nothing") return 3;
  if (mode == "_exit") {
    markSteps(0, 10);
    ::_exit(4);
  }
  if (mode == "abort") {
    markSteps(0, 10);
    std::abort();
  }
  if (mode == "kill") {
    markSteps(0, 10);
    ::kill(::getpid(), SIGKILL);
  }
  if (mode == "segv") {
    markSteps(0, 10);
    ::raise(SIGSEGV);
  }
  if (mode == "close-all") {
    markSteps(0, 5);
    for (int descriptor = 0; descriptor < 1024; ++descriptor) ::close(descriptor);
    markSteps(5, 5);
    return 5;
  }
  if (mode == "close-stdout") {
    ::fclose(stdout);
    markSteps(0, 10);
    return 0;
  }
  if (mode == "chdir") {
    if (::chdir("/") != 0) return 98;
    markSteps(0, 10);
    return 0;
  }
  if (mode == "output") { // bytes
    markSteps(0, 5);
    writeByteStream(static_cast<std::size_t>(std::atoll(argv[2])));
    markSteps(5, 5);
    return 0;
  }
  if (mode == "until-term") { // file to write when up
    std::signal(SIGTERM, [](int) { terminated = 1; });
    markSteps(0, 5);
    std::ofstream(argv[2]) << ::getpid() << std::endl;
    for (int i = 0; i < 3000 && !terminated; ++i) ::usleep(10'000);
    markSteps(5, 5);
    return terminated ? 42 : 1;
  }
  if (mode == "slow") { // file to write when up, file to write at the end, steps
    markSteps(0, 5);
    std::ofstream(argv[2]) << ::getpid() << std::endl;
    const int steps = std::atoi(argv[4]);
    for (int i = 5; i < steps; ++i) {
      markSteps(i, 1);
      ::usleep(2'000);
    }
    std::ofstream(argv[3]) << "done" << std::endl;
    return 6;
  }
  if (mode == "remove-live-folder") {
    markSteps(0, 5);
    ::usleep(200'000); // the recorder has found the region
    const std::string command = std::string("rm -rf ") + std::getenv("HOTLOOP_LIVE");
    if (std::system(command.c_str()) != 0) return 97;
    markSteps(5, 5);
    return 0;
  }
  if (mode == "print-environment") {
    for (const char *name : {"LD_PRELOAD", "NVTX_INJECTION64_PATH", "CUDA_INJECTION64_PATH"})
      if (const char *value = std::getenv(name)) std::printf("%s=%s\n", name, value);
    return 0;
  }
  return -1;
}
