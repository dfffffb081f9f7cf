#include "collectors/inject/signal_relay.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace hotloop {
namespace {

constexpr std::array kPassedOn{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

// Handlers have no other way to reach their object.
constinit std::array<std::atomic<int>, kPassedOn.size()> waiting{};
constinit std::atomic<int> stops{0};
constinit std::atomic<int> wakeWriter{-1};
int wakeReader = -1;

void wake() {
  const int error = errno;
  const char byte = 0;
  const int writer = wakeWriter.load();
  if (writer >= 0) {
    [[maybe_unused]] const ssize_t ignored = ::write(writer, &byte, 1);
  }
  errno = error;
}

void onSignal(int number, siginfo_t *info, void *) {
  for (std::size_t i = 0; i < kPassedOn.size(); ++i) {
    if (kPassedOn[i] != number) continue;
    if (info->si_code != SI_KERNEL) waiting[i].fetch_add(1);
    if (number != SIGUSR1 && number != SIGUSR2) stops.fetch_add(1);
  }
  wake();
}

void onChild(int) { wake(); }

} // namespace

SignalRelay::SignalRelay() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0) {
    wakeReader = ends[0];
    wakeWriter = ends[1];
  }
  stops = 0;
  for (auto &count : waiting) count = 0;
  struct sigaction action{};
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  action.sa_sigaction = onSignal;
  for (const int number : kPassedOn) {
    Saved saved{number, {}};
    ::sigaction(number, nullptr, &saved.action);
    if (saved.action.sa_handler == SIG_IGN) continue; // nohup
    ::sigaction(number, &action, nullptr);
    saved_.push_back(saved);
  }
  struct sigaction child{};
  child.sa_flags = SA_RESTART | SA_NOCLDSTOP;
  child.sa_handler = onChild;
  Saved saved{SIGCHLD, {}};
  ::sigaction(SIGCHLD, &child, &saved.action);
  childSignalWasIgnored_ = saved.action.sa_handler == SIG_IGN;
  saved_.push_back(saved);
}

SignalRelay::~SignalRelay() {
  for (const Saved &saved : saved_) ::sigaction(saved.signal, &saved.action, nullptr);
  if (const int writer = wakeWriter.exchange(-1); writer >= 0) ::close(writer);
  if (wakeReader >= 0) ::close(wakeReader);
  wakeReader = -1;
}

void SignalRelay::wait(std::chrono::milliseconds longest) {
  pollfd entry{wakeReader, POLLIN, 0};
  ::poll(&entry, wakeReader >= 0 ? 1 : 0, static_cast<int>(longest.count()));
  char bytes[64];
  while (wakeReader >= 0 && ::read(wakeReader, bytes, sizeof bytes) > 0) {
  }
}

void SignalRelay::passOn(pid_t target) {
  for (std::size_t i = 0; i < kPassedOn.size(); ++i)
    for (int left = waiting[i].exchange(0); left > 0; --left)
      if (target > 0) ::kill(target, kPassedOn[i]);
}

int SignalRelay::stopRequests() const { return stops.load(); }

} // namespace hotloop
