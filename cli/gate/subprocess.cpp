#include "cli/gate/subprocess.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hotloop::cli {

namespace {

using Clock = std::chrono::steady_clock;

// Between fork and exec: only calls that are safe there.
[[noreturn]] void becomeProgram(const std::vector<char *> &words, const SubprocessOptions &options,
                                int outputEnd) {
  if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) _exit(126);
  if (options.timeout) setpgid(0, 0);
  const int null = options.quiet ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
  if (outputEnd >= 0)
    dup2(outputEnd, STDOUT_FILENO);
  else if (null >= 0)
    dup2(null, STDOUT_FILENO);
  if (!options.errorFile.empty()) {
    const int file =
        open(options.errorFile.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file >= 0) dup2(file, STDERR_FILENO);
  } else if (null >= 0) {
    dup2(null, STDERR_FILENO);
  }
  for (const auto &[name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
  signal(SIGPIPE, SIG_DFL);
  execvp(words[0], words.data());
  _exit(errno == ENOENT ? 127 : 126);
}

} // namespace

Result<SubprocessOutcome> runSubprocess(const std::vector<std::string> &command,
                                        const SubprocessOptions &options) {
  if (command.empty()) return Unexpected(invalidInput("a command is empty; name a program to run"));
  std::vector<char *> words;
  for (const std::string &word : command) words.push_back(const_cast<char *>(word.c_str()));
  words.push_back(nullptr);
  int pipeEnds[2] = {-1, -1};
  if (options.capture && pipe2(pipeEnds, O_CLOEXEC) != 0)
    return Unexpected(systemError(errno, "cannot make a pipe for " + command[0]));
  const pid_t child = fork();
  if (child < 0) return Unexpected(systemError(errno, "cannot start " + command[0]));
  if (child == 0) becomeProgram(words, options, pipeEnds[1]);
  SubprocessOutcome outcome;
  if (pipeEnds[1] >= 0) close(pipeEnds[1]);
  std::thread killer;
  if (pipeEnds[0] >= 0 && !options.timeout) {
    char buffer[4096];
    ssize_t got = 0;
    while ((got = read(pipeEnds[0], buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR))
      if (got > 0) outcome.output.append(buffer, static_cast<std::size_t>(got));
  } else if (pipeEnds[0] >= 0) {
    fcntl(pipeEnds[0], F_SETFL, O_NONBLOCK);
  }
  int status = 0;
  if (options.timeout) {
    const auto deadline = Clock::now() + *options.timeout;
    while (true) {
      char buffer[4096];
      ssize_t got = 0;
      while (pipeEnds[0] >= 0 && (got = read(pipeEnds[0], buffer, sizeof buffer)) > 0)
        outcome.output.append(buffer, static_cast<std::size_t>(got));
      const pid_t ended = waitpid(child, &status, WNOHANG);
      if (ended == child) break;
      if (Clock::now() >= deadline) {
        outcome.timedOut = true;
        kill(-child, SIGKILL);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        break;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    char buffer[4096];
    ssize_t got = 0;
    while (pipeEnds[0] >= 0 && (got = read(pipeEnds[0], buffer, sizeof buffer)) > 0)
      outcome.output.append(buffer, static_cast<std::size_t>(got));
  } else {
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
  }
  if (pipeEnds[0] >= 0) close(pipeEnds[0]);
  outcome.exitCode = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return outcome;
}

std::string gitLine(const std::vector<std::string> &arguments, const std::string &folder) {
  std::vector<std::string> command{"git", "-C", folder};
  command.insert(command.end(), arguments.begin(), arguments.end());
  SubprocessOptions options;
  options.capture = true;
  options.quiet = true;
  const auto outcome = runSubprocess(command, options);
  if (!outcome || outcome->exitCode != 0) return {};
  return outcome->output.substr(0, outcome->output.find('\n'));
}

Result<std::vector<std::string>> splitCommand(const std::string &text) {
  std::vector<std::string> words;
  std::string word;
  bool open = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else if (c == '\\' && quote == '"' && i + 1 < text.size())
        word += text[++i];
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      open = true;
    } else if (c == '\\' && i + 1 < text.size()) {
      word += text[++i];
      open = true;
    } else if (c == ' ' || c == '\t' || c == '\n') {
      if (open) words.push_back(std::exchange(word, {}));
      open = false;
    } else {
      word += c;
      open = true;
    }
  }
  if (quote != 0)
    return Unexpected(invalidInput(fmt::format("the quote {} is not closed in: {}", quote, text)));
  if (open) words.push_back(word);
  return words;
}

std::string shellQuoted(const std::string &word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string shellCommand(const std::vector<std::string> &command) {
  std::string text;
  for (const std::string &word : command) text += (text.empty() ? "" : " ") + shellQuoted(word);
  return text;
}

} // namespace hotloop::cli
