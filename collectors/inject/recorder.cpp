#include "collectors/inject/recorder.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collectors/inject/cupti_search.h"
#include "collectors/inject/launcher.h"
#include "collectors/inject/live_folder.h"
#include "collectors/inject/live_session.h"
#include "collectors/inject/native_symbols.h"
#include "collectors/inject/run_facts.h"
#include "collectors/inject/signal_relay.h"
#include "core/metrics/quality.h"
#include "core/store/run_writer.h"

namespace hotloop {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBusyPause{2}, kPause{10}, kIdlePause{20};
// A ring holds 16 MiB: above this per round the next one comes sooner.
constexpr std::size_t kBusyBytes = 1024 * 1024;

// Orphans of the program become children of this process, so that it can wait for them.
class Subreaper {
public:
  Subreaper() {
    ::prctl(PR_GET_CHILD_SUBREAPER, &before_);
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  ~Subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, before_); }
  Subreaper(const Subreaper &) = delete;
  Subreaper &operator=(const Subreaper &) = delete;

private:
  int before_ = 0;
};

class Run {
public:
  Run(RunWriter &writer, LiveSession &session, SignalRelay &signals, pid_t program, WaitFor wait)
      : writer_(writer), session_(session), signals_(signals), program_(program), wait_(wait) {}

  void follow(RecordOutcome &outcome) {
    int stopsAtEnd = 0;
    while (true) {
      reap(outcome);
      signals_.passOn(programEnded_ ? 0 : program_);
      const std::size_t bytes = session_.poll();
      store(outcome);
      if (programEnded_) {
        if (wait_ == WaitFor::kPrimary || childrenGone_) return;
        if (stopsAtEnd < 0) stopsAtEnd = signals_.stopRequests();
        if (signals_.stopRequests() > stopsAtEnd) return;
      } else {
        stopsAtEnd = -1;
      }
      signals_.wait(bytes >= kBusyBytes ? kBusyPause : bytes > 0 ? kPause : kIdlePause);
    }
  }

  void store(RecordOutcome &outcome) {
    if (const auto stored = writer_.commitIfDue(); !stored && outcome.storeFailure.empty())
      outcome.storeFailure = stored.error().message;
  }

private:
  void reap(RecordOutcome &outcome) {
    int status = 0;
    pid_t ended;
    while ((ended = ::waitpid(-1, &status, WNOHANG)) > 0) {
      session_.processEnded(static_cast<std::uint32_t>(ended), status);
      if (ended != program_) continue;
      programEnded_ = true;
      outcome.terminatingSignal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
      outcome.exitStatus = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
      outcome.seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }
    childrenGone_ = ended < 0 && errno == ECHILD;
  }

  RunWriter &writer_;
  LiveSession &session_;
  SignalRelay &signals_;
  pid_t program_;
  WaitFor wait_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  bool programEnded_ = false, childrenGone_ = false;
};

// LD_PRELOAD splits at colons and blanks; such a path is reached through the live folder.
std::string preloadable(const std::string &library, const std::string &liveFolder) {
  if (library.find_first_of(": \t") == std::string::npos) return library;
  const std::string link = liveFolder + "/libhotloop.so";
  return ::symlink(library.c_str(), link.c_str()) == 0 ? link : library;
}

} // namespace

Result<RecordOutcome> record(const RecordOptions &options) {
  if (options.command.empty())
    return Unexpected(invalidInput("no program to record: write it after --, as in "
                                   "hotloop record -- python3 train.py"));
  HOTLOOP_TRY(checkProgram(options.command[0]));
  std::string library = options.injectLibrary;
  if (library.empty()) {
    HOTLOOP_ASSIGN(library, findInjectLibrary());
  }
  std::error_code error;
  library = std::filesystem::absolute(library, error).string();
  if (::access(library.c_str(), R_OK) != 0)
    return Unexpected(systemError(errno, "cannot read the library " + library));

  HOTLOOP_ASSIGN(LiveFolder folder, LiveFolder::create(options.output));
  RunWriterOptions writing;
  writing.overwrite = options.overwrite;
  HOTLOOP_ASSIGN(std::unique_ptr<RunWriter> writer, RunWriter::create(options.output, writing));
  writeStartFacts(*writer, options);

  const Injection injection{preloadable(library, folder.path()), folder.path(),
                            options.cuda ? findCupti() : std::string()};
  const Subreaper subreaper;
  SignalRelay signals;
  RecordOutcome outcome;
  LiveSession session(folder, *writer, readClocks());
  const auto program = launch(options.command, injectedEnvironment(options, injection),
                              signals.childSignalWasIgnored());
  if (!program) {
    static_cast<void>(writer->finalise(RunState::kTruncated));
    writer.reset();
    std::filesystem::remove(options.output, error); // it holds nothing
    return Unexpected(program.error());
  }
  Run(*writer, session, signals, *program, options.wait).follow(outcome);
  if (options.stepTime) session.stepTimeIsKnown();
  session.finish();
  const bool opensLater =
      options.window.steps || options.window.delayMs > 0 || !options.window.range.empty();
  if (opensLater && !session.windowOpened()) reportQuality(*writer, "window_not_opened");
  addNativeSymbols(session.callSites(), *writer);
  outcome.events = session.events();
  outcome.dropped = session.dropped();
  outcome.processes = session.processes();
  writeEndFacts(*writer, outcome, monotonicNow().count);
  // A program that a signal ended did not get to its end, and neither did what it recorded.
  const auto finished =
      writer->finalise(outcome.terminatingSignal == 0 ? RunState::kClean : RunState::kTruncated);
  if (!finished && outcome.storeFailure.empty()) outcome.storeFailure = finished.error().message;
  return outcome;
}

} // namespace hotloop
