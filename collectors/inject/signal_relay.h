#pragma once

#include <chrono>
#include <csignal>
#include <sys/types.h>
#include <vector>

namespace hotloop {

// While it lives, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and SIGUSR2 sent to this process are
// kept for passing on, and SIGCHLD wakes wait(). What the terminal sends to its whole foreground
// group (ctrl-C) reaches the program by itself and is only counted. A signal that was ignored stays
// ignored. One object at a time in a process.
class SignalRelay {
public:
  SignalRelay();
  ~SignalRelay();
  SignalRelay(const SignalRelay &) = delete;
  SignalRelay &operator=(const SignalRelay &) = delete;

  // Sleeps until a signal comes, at most `longest`.
  void wait(std::chrono::milliseconds longest);
  // Sends what came since the last call on to `target`; 0: to nobody.
  void passOn(pid_t target);
  // Requests to stop (all of the above but USR1 and USR2) so far, from wherever.
  int stopRequests() const;
  // SIGCHLD was ignored before.
  bool childSignalWasIgnored() const { return childSignalWasIgnored_; }

private:
  struct Saved {
    int signal;
    struct sigaction action;
  };
  std::vector<Saved> saved_;
  bool childSignalWasIgnored_ = false;
};

} // namespace hotloop
