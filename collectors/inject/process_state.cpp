#include "collectors/inject/process_state.h"

#include <cerrno>
#include <cpuid.h>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <pthread.h>
#include <sys/single_threaded.h>
#include <unistd.h>
#include <x86intrin.h>

#include "collectors/inject/thread_state.h"
#include "collectors/inject/window.h"

namespace hotloop::inject {

constinit ProcessState processState;

namespace {

bool hasInvariantTicks() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d & (1u << 8)) != 0;
}

bool hasWord(const char *words, const char *word) {
  const std::size_t length = std::strlen(word);
  for (const char *at = words; at && *at;) {
    const char *comma = std::strchr(at, ',');
    const std::size_t size = comma ? static_cast<std::size_t>(comma - at) : std::strlen(at);
    if (size == length && std::memcmp(at, word, length) == 0) return true;
    at = comma ? comma + 1 : nullptr;
  }
  return false;
}

std::int32_t rankFromEnvironment() {
  for (const char *name : {"RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK"}) {
    const char *text = std::getenv(name);
    if (!text || !*text) continue;
    char *end = nullptr;
    const long value = std::strtol(text, &end, 10);
    if (*end == '\0' && value >= 0 && value < 1'000'000) return static_cast<std::int32_t>(value);
  }
  return -1;
}

void forgetParent() noexcept {
  processState.region.forget();
  processState.regionState.store(RegionState::kNone, std::memory_order_relaxed);
  processState.pid = static_cast<std::uint32_t>(::getpid());
  processState.forked = true;
}

void afterForkInChild() {
  forgetParent();
  // Another thread may have held a lock of the unwinder or the loader, for which we would wait
  // here. Asked for now, it still tells about the parent.
  if (!__libc_single_threaded) processState.nativeStacksAllowed = false;
  resetThreadAfterFork();
}

std::size_t readWhole(const char *path, char *buffer, std::size_t capacity) {
  const int descriptor = ::open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  std::size_t length = 0;
  while (length < capacity) {
    const ssize_t got = ::read(descriptor, buffer + length, capacity - length);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    length += static_cast<std::size_t>(got);
  }
  ::close(descriptor);
  return length;
}

void makeRegion() noexcept {
  char commandLine[sizeof ring::RegionHeader::commandLine];
  char executable[PATH_MAX];
  ring::RegionSpec spec;
  spec.commandLineLength = readWhole("/proc/self/cmdline", commandLine, sizeof commandLine);
  spec.commandLine = commandLine;
  const ssize_t length = ::readlink("/proc/self/exe", executable, sizeof executable - 1);
  executable[length > 0 ? length : 0] = '\0';
  const char *slash = std::strrchr(executable, '/');
  spec.executable = slash ? slash + 1 : executable;
  spec.folder = processState.liveFolder;
  spec.pid = processState.pid;
  spec.parentPid = static_cast<std::uint32_t>(::getppid());
  spec.clock = processState.clock;
  spec.forked = processState.forked;
  spec.startStamp = stamp();
  spec.rank = processState.rank;
  spec.bytes = processState.forked ? ring::kForkedRegionBytes : ring::kRegionBytes;
  const bool made = processState.region.create(spec) == 0;
  processState.regionState.store(made ? RegionState::kReady : RegionState::kFailed,
                                 std::memory_order_release);
}

} // namespace

const Options &options() noexcept { return processState.options; }

std::uint64_t stamp() noexcept {
  if (processState.clock == ring::ClockKind::kTicks) return __rdtsc();
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

namespace {

template <std::size_t N> const char *copyVariable(const char *name, char (&to)[N]) {
  const char *text = std::getenv(name);
  if (!text || !*text || std::strlen(text) >= N) return nullptr;
  return std::strcpy(to, text);
}

} // namespace

void startProcess() noexcept {
  const char *folder = std::getenv(kLiveVariable);
  if (!folder || folder[0] != '/' || std::strlen(folder) >= sizeof processState.liveFolder) return;
  std::strcpy(processState.liveFolder, folder);
  const char *words = std::getenv(kOptionsVariable);
  processState.options.operators = !hasWord(words, kNoOperators);
  processState.options.nvtx = !hasWord(words, kNoNvtx);
  processState.options.pythonFrames = !hasWord(words, kNoPython);
  processState.options.stacks = !hasWord(words, kNoStacks);
  processState.options.launchStacks = hasWord(words, kLaunchStacks);
  processState.options.cuda = !hasWord(words, kNoCuda);
  if (hasWord(words, kDetailGraph)) processState.options.cudaDetail = CudaDetail::kGraph;
  if (hasWord(words, kDetailAll)) processState.options.cudaDetail = CudaDetail::kAll;
  processState.options.cuptiPath = copyVariable(kCuptiPathVariable, processState.cuptiPath);
  processState.options.cuptiHint = copyVariable(kCuptiHintVariable, processState.cuptiHint);
  processState.options.rawFolder = copyVariable(kRawVariable, processState.rawFolder);
  configureWindow(words, std::getenv(kRangeVariable));
  copyVariable(kTorchAttachmentVariable, processState.options.torchAttachment);
  copyVariable(kTorchVersionVariable, processState.options.torchVersion);
  processState.rank = rankFromEnvironment();
  if (hasInvariantTicks()) processState.clock = ring::ClockKind::kTicks;
  processState.pid = static_cast<std::uint32_t>(::getpid());
  if (::pthread_atfork(nullptr, nullptr, afterForkInChild) != 0) return;
  if (!startThreads()) return;
  processState.options.recording = true;
}

void finishProcess() noexcept {
  ring::RegionWriter *mine = existingRegion();
  if (mine && currentThread && currentThread->dropped > 0) {
    mine->count(ring::Counter::kDroppedRecords, currentThread->dropped);
    currentThread->dropped = 0;
  }
  // vfork's child shares our memory, and leaves by exec or _exit: it does not come here.
  if (mine && processState.pid == static_cast<std::uint32_t>(::getpid()))
    mine->header().finished.store(1, std::memory_order_release);
}

bool adoptSilentFork() noexcept {
  if (processState.pid == static_cast<std::uint32_t>(::getpid())) return false;
  forgetParent();
  processState.nativeStacksAllowed = false;
  return true;
}

ring::RegionWriter *region() noexcept {
  if (ring::RegionWriter *ready = existingRegion()) return ready;
  RegionState expected = RegionState::kNone;
  if (processState.regionState.compare_exchange_strong(expected, RegionState::kMaking)) {
    // The program sees neither a changed errno nor a thread cancelled in here.
    const int error = errno;
    int cancelState = 0;
    ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelState);
    makeRegion();
    ::pthread_setcancelstate(cancelState, nullptr);
    errno = error;
    return existingRegion();
  }
  // Another thread is at it: some milliseconds.
  for (int tries = 0; expected == RegionState::kMaking && tries < 2000; ++tries) {
    const timespec pause{0, 500'000};
    ::nanosleep(&pause, nullptr);
    expected = processState.regionState.load(std::memory_order_acquire);
  }
  return existingRegion();
}

} // namespace hotloop::inject
