#include "collectors/inject/launcher.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collectors/inject/process_state.h"

extern char **environ;

namespace hotloop {
namespace {

bool setsVariable(std::string_view entry, std::string_view name) {
  return entry.size() > name.size() && entry.substr(0, name.size()) == name &&
         entry[name.size()] == '=';
}

std::vector<char *> pointers(const std::vector<std::string> &texts) {
  std::vector<char *> result;
  for (const std::string &text : texts) result.push_back(const_cast<char *>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

Error startFailure(int error, const std::string &program) {
  const std::string named = "the program '" + program + "'";
  if (error == ENOENT)
    return notFound(program.find('/') == std::string::npos
                        ? named + " was not found on PATH: check its name, or give its path"
                        : named + " was not found (or the interpreter named in its first line): "
                                  "check the path");
  if (error == EACCES)
    return {ErrorKind::kPermission, named + " cannot be executed: it is not an executable file, or "
                                            "you may not run it (chmod +x?)"};
  if (error == ENOEXEC)
    return {ErrorKind::kPermission, named + " is not a program that this machine can run"};
  return systemError(error, "cannot start " + named);
}

} // namespace

std::vector<std::string> injectedEnvironment(const RecordOptions &options,
                                             const Injection &injection) {
  std::vector<std::string> environment;
  std::string preload = injection.library;
  bool hasNvtx = false, hasCuda = false;
  for (char **entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    if (setsVariable(text, "LD_PRELOAD")) {
      const std::string_view others = text.substr(std::strlen("LD_PRELOAD="));
      if (!others.empty()) preload.append(":").append(others);
      continue;
    }
    if (setsVariable(text, inject::kLiveVariable) || setsVariable(text, inject::kOptionsVariable) ||
        setsVariable(text, inject::kCuptiHintVariable) ||
        setsVariable(text, inject::kRangeVariable) || setsVariable(text, inject::kRawVariable))
      continue;
    hasNvtx = hasNvtx || setsVariable(text, "NVTX_INJECTION64_PATH");
    hasCuda = hasCuda || setsVariable(text, "CUDA_INJECTION64_PATH");
    environment.emplace_back(text);
  }
  std::string words;
  const auto addWord = [&words](bool wanted, const char *word) {
    if (!wanted) words.append(words.empty() ? "" : ",").append(word);
  };
  addWord(options.operators, inject::kNoOperators);
  addWord(options.nvtx, inject::kNoNvtx);
  addWord(options.pythonFrames, inject::kNoPython);
  addWord(options.stacks != StackPolicy::kOff, inject::kNoStacks);
  addWord(options.stacks != StackPolicy::kLaunches, inject::kLaunchStacks);
  addWord(options.cuda, inject::kNoCuda);
  addWord(options.detail != CudaDetailLevel::kGraph, inject::kDetailGraph);
  addWord(options.detail != CudaDetailLevel::kAll, inject::kDetailAll);

  const RecordWindow &window = options.window;
  if (window.steps) {
    words += (words.empty() ? "window=" : ",window=") + std::to_string(window.steps->first);
    if (window.steps->second >= 0) words += ":" + std::to_string(window.steps->second);
  }
  if (window.delayMs > 0) words += ",delay-ms=" + std::to_string(window.delayMs);
  if (window.durationMs > 0) words += ",duration-ms=" + std::to_string(window.durationMs);
  if (!window.range.empty())
    environment.push_back(std::string(inject::kRangeVariable) + "=" + window.range);

  environment.push_back("LD_PRELOAD=" + preload);
  environment.push_back(std::string(inject::kLiveVariable) + "=" + injection.liveFolder);
  environment.push_back(std::string(inject::kOptionsVariable) + "=" + words);
  if (!hasNvtx && options.nvtx) environment.push_back("NVTX_INJECTION64_PATH=" + injection.library);
  if (!hasCuda && options.cuda) environment.push_back("CUDA_INJECTION64_PATH=" + injection.library);
  if (!injection.cuptiHint.empty())
    environment.push_back(std::string(inject::kCuptiHintVariable) + "=" + injection.cuptiHint);
  if (!options.rawFolder.empty())
    environment.push_back(std::string(inject::kRawVariable) + "=" + options.rawFolder);
  return environment;
}

Result<void> checkProgram(const std::string &program) {
  const auto failure = [](const std::string &path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return errno;
    if (S_ISDIR(status.st_mode)) return EACCES;
    return ::access(path.c_str(), X_OK) == 0 ? 0 : errno;
  };
  int error = program.empty() ? ENOENT : 0;
  if (program.find('/') != std::string::npos) {
    error = failure(program);
  } else if (error == 0) {
    const char *path = std::getenv("PATH");
    const std::string folders = path ? path : "/bin:/usr/bin";
    error = ENOENT;
    for (std::size_t begin = 0; begin <= folders.size() && error != 0;) {
      const std::size_t end = std::min(folders.find(':', begin), folders.size());
      const std::string folder = end > begin ? folders.substr(begin, end - begin) : ".";
      const int here = failure(folder + "/" + program);
      if (here == 0 || here == EACCES) error = here;
      begin = end + 1;
    }
  }
  if (error != 0) return Unexpected(startFailure(error, program));
  return {};
}

Result<pid_t> launch(const std::vector<std::string> &command,
                     const std::vector<std::string> &environment, bool ignoreChildSignal) {
  int failurePipe[2];
  if (::pipe2(failurePipe, O_CLOEXEC) != 0)
    return Unexpected(systemError(errno, "cannot make a pipe"));
  std::vector<char *> arguments = pointers(command);
  std::vector<char *> variables = pointers(environment);
  const pid_t child = ::fork();
  if (child == 0) {
    if (ignoreChildSignal) ::signal(SIGCHLD, SIG_IGN);
    ::execvpe(arguments[0], arguments.data(), variables.data());
    const int error = errno;
    [[maybe_unused]] const ssize_t told = ::write(failurePipe[1], &error, sizeof error);
    ::_exit(127);
  }
  const int forkError = errno;
  ::close(failurePipe[1]);
  if (child < 0) {
    ::close(failurePipe[0]);
    return Unexpected(systemError(forkError, "cannot start another process"));
  }
  int error = 0;
  ssize_t got;
  do {
    got = ::read(failurePipe[0], &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  ::close(failurePipe[0]);
  if (got != sizeof error) return child;
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return Unexpected(startFailure(error, command[0]));
}

} // namespace hotloop
