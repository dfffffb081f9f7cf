#include "cli/device_profile/measure.h"

#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

extern char **environ;

namespace hotloop::cli {

namespace {

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (::pipe(ends.data()) != 0) ends = {-1, -1};
  }
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe &) = delete;
  Pipe &operator=(const Pipe &) = delete;
  void close(std::size_t end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
};

// Reads both to their ends at once, so that neither fills up.
void drain(Pipe &out, Pipe &err, std::string &outText, std::string &errText) {
  std::array<pollfd, 2> polled{pollfd{out.ends[0], POLLIN, 0}, pollfd{err.ends[0], POLLIN, 0}};
  std::array<std::string *, 2> texts{&outText, &errText};
  std::array<char, 4096> buffer{};
  while (polled[0].fd >= 0 || polled[1].fd >= 0) {
    if (::poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) return;
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].fd < 0 || polled[i].revents == 0) continue;
      const ssize_t count = ::read(polled[i].fd, buffer.data(), buffer.size());
      if (count > 0)
        texts[i]->append(buffer.data(), static_cast<std::size_t>(count));
      else if (count == 0 || errno != EINTR)
        polled[i].fd = -1;
    }
  }
}

std::string lastLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t line = text.rfind('\n');
  return line == text.npos ? text : text.substr(line + 1);
}

} // namespace

Result<std::string> measureDevice(const std::string &python) {
  Pipe out, err;
  if (out.ends[0] < 0 || err.ends[0] < 0)
    return Unexpected(systemError(errno, "calibrate-device: cannot make a pipe"));
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err.ends[1], STDERR_FILENO);
  for (const int end : {out.ends[0], out.ends[1], err.ends[0], err.ends[1]})
    ::posix_spawn_file_actions_addclose(&actions, end);
  std::string program = python;
  std::string flag = "-c";
  std::string script(deviceHelper().front().markdown);
  std::array<char *, 4> arguments{program.data(), flag.data(), script.data(), nullptr};
  pid_t child = 0;
  const int failed =
      ::posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return Unexpected(notFound(
        fmt::format("calibrate-device: cannot run '{}' ({}); name a Python that has PyTorch with "
                    "--python",
                    python, std::strerror(failed))));
  out.close(1);
  err.close(1);
  std::string outText, errText;
  drain(out, err, outText, errText);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return outText;
  const std::string reason = lastLine(errText);
  return Unexpected(unsupported(fmt::format(
      "calibrate-device: {}", reason.empty() ? "the measuring program failed" : reason)));
}

} // namespace hotloop::cli
