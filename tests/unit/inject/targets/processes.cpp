#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "tests/unit/inject/targets/target.h"

namespace {

int statusOf(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return 96;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

int runProcesses(int, char **argv) {
  const std::string mode = argv[1];
  if (mode == "fork") {
    markSteps(0, 5);
    const pid_t child = ::fork();
    if (child == 0) {
      markSteps(100, 7);
      std::exit(11);
    }
    markSteps(5, 5);
    return statusOf(child);
  }
  if (mode == "bare-clone") { // a child that no fork handler told about it
    markSteps(0, 5);
    const auto child = static_cast<pid_t>(::syscall(SYS_fork));
    if (child == 0) {
      markSteps(100, 7);
      ::_exit(12);
    }
    markSteps(5, 5);
    return statusOf(child);
  }
  if (mode == "fork-exec") {
    markSteps(0, 5);
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl("/proc/self/exe", "target", "steps", "7", "13", nullptr);
      ::_exit(95);
    }
    return statusOf(child);
  }
  if (mode == "exec") {
    markSteps(0, 5);
    ::execl("/proc/self/exe", "target", "steps", "7", "14", nullptr);
    return 95;
  }
  if (mode == "many") {
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        markSteps(i * 100, 10);
        std::exit(i);
      }
      children.push_back(child);
    }
    for (std::size_t i = 0; i < children.size(); ++i)
      if (statusOf(children[i]) != static_cast<int>(i)) return 94;
    return 0;
  }
  if (mode == "daemonise") { // outlives its parent
    if (::fork() > 0) return 15;
    ::setsid();
    if (::fork() > 0) ::_exit(0);
    if (::chdir("/") != 0) return 98;
    for (int descriptor = 0; descriptor < 1024; ++descriptor) ::close(descriptor);
    markSteps(0, 3);
    ::usleep(400'000);
    markSteps(3, 4);
    return 16;
  }
  return -1;
}
