#include "collectors/inject/native_stack.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <unistd.h>

#include "collectors/inject/intern.h"

namespace hotloop::inject {
namespace {

using Backtrace = int (*)(void **, int);
enum class Unwinder : std::uint32_t { kUnknown, kOpening, kReady, kNone };

constinit std::atomic<Unwinder> unwinder{Unwinder::kUnknown};
constinit Backtrace backtrace = nullptr;
constinit std::atomic<const FrameWalker *> walker{nullptr};
constinit std::uint64_t ownBegin = 0, ownEnd = 0;

void *openUnwinder() {
  // The copy that is installed beside this library first.
  Dl_info self;
  char path[PATH_MAX];
  if (::dladdr(reinterpret_cast<const void *>(&backtrace), &self) != 0 && self.dli_fname) {
    const char *slash = std::strrchr(self.dli_fname, '/');
    const int folder = slash ? static_cast<int>(slash - self.dli_fname) : 0;
    const int length =
        std::snprintf(path, sizeof path, "%.*s/libunwind.so.8", folder, self.dli_fname);
    if (slash && length > 0 && static_cast<std::size_t>(length) < sizeof path)
      if (void *library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL)) return library;
  }
  return ::dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
}

bool prepareUnwinder() {
  Unwinder expected = Unwinder::kUnknown;
  if (!unwinder.compare_exchange_strong(expected, Unwinder::kOpening)) return false;
  const int error = errno;
  void *library = openUnwinder();
  void *function = library ? ::dlsym(library, "unw_backtrace") : nullptr;
  if (!function) ::dlerror();
  errno = error;
  backtrace = reinterpret_cast<Backtrace>(function);
  if (backtrace) {
    void *first[4];
    backtrace(first, 4); // fills the unwinder's caches
  } else {
    inject::count(ring::Counter::kNoUnwinder);
  }
  unwinder.store(backtrace ? Unwinder::kReady : Unwinder::kNone, std::memory_order_release);
  return backtrace != nullptr;
}

bool ownCode(std::uint64_t address) { return address >= ownBegin && address < ownEnd; }

struct ModuleWalk {
  ThreadState *thread;
  bool first; // the loader lists the program first
};

int readGeneration(dl_phdr_info *info, std::size_t, void *data) {
  *static_cast<std::uint64_t *>(data) = info->dlpi_adds + info->dlpi_subs;
  return 1;
}

struct BuildId {
  const unsigned char *bytes = nullptr;
  std::uint32_t length = 0;
};

BuildId findBuildId(const dl_phdr_info &info) {
  for (int i = 0; i < info.dlpi_phnum; ++i) {
    const ElfW(Phdr) &header = info.dlpi_phdr[i];
    if (header.p_type != PT_NOTE) continue;
    const auto *at = reinterpret_cast<const unsigned char *>(info.dlpi_addr + header.p_vaddr);
    const unsigned char *end = at + header.p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      ElfW(Nhdr) note;
      std::memcpy(&note, at, sizeof note);
      const unsigned char *name = at + sizeof note;
      const unsigned char *text = name + (note.n_namesz + 3u) / 4u * 4u;
      const unsigned char *next = text + (note.n_descsz + 3u) / 4u * 4u;
      if (next > end) break;
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0)
        return {text, std::min<std::uint32_t>(note.n_descsz, 64)};
      at = next;
    }
  }
  return {};
}

int writeModule(dl_phdr_info *info, std::size_t, void *data) {
  auto &walk = *static_cast<ModuleWalk *>(data);
  std::uint64_t begin = UINT64_MAX, end = 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr) &header = info->dlpi_phdr[i];
    if (header.p_type != PT_LOAD) continue;
    begin = std::min<std::uint64_t>(begin, info->dlpi_addr + header.p_vaddr);
    end = std::max<std::uint64_t>(end, info->dlpi_addr + header.p_vaddr + header.p_memsz);
  }
  if (end == 0) return 0;
  const char *path = info->dlpi_name ? info->dlpi_name : "";
  char executable[PATH_MAX];
  if (*path == '\0') {
    // The program itself, or the vdso, which has no file.
    const ssize_t length = ::readlink("/proc/self/exe", executable, sizeof executable - 1);
    executable[length > 0 ? length : 0] = '\0';
    path = walk.first ? executable : "[vdso]";
  }
  walk.first = false;
  const BuildId build = findBuildId(*info);
  const std::size_t pathLength = std::min<std::size_t>(std::strlen(path), PATH_MAX);
  const std::size_t bytes = (sizeof(ring::ModuleRecord) + build.length + pathLength + 7) / 8 * 8;
  std::byte *room = reserve(*walk.thread, bytes);
  if (!room) return 1;
  const ring::ModuleRecord record{{ring::RecordType::kModule, static_cast<std::uint16_t>(bytes)},
                                  static_cast<std::uint32_t>(pathLength),
                                  info->dlpi_addr,
                                  begin,
                                  end,
                                  build.length,
                                  0};
  std::memcpy(room, &record, sizeof record);
  if (build.length > 0) std::memcpy(room + sizeof record, build.bytes, build.length);
  std::memcpy(room + sizeof record + build.length, path, pathLength);
  walk.thread->cursor.commit(bytes);
  return 0;
}

} // namespace

void setOwnCode(const void *begin, const void *end) noexcept {
  ownBegin = reinterpret_cast<std::uint64_t>(begin);
  ownEnd = reinterpret_cast<std::uint64_t>(end);
}

void setFrameWalker(const FrameWalker *newWalker) noexcept {
  walker.store(newWalker, std::memory_order_release);
}

const FrameWalker *frameWalker() noexcept {
  return processState.options.pythonFrames ? walker.load(std::memory_order_acquire) : nullptr;
}

std::size_t nativeStack(std::uint64_t *addresses, std::size_t capacity) noexcept {
  if (!processState.nativeStacksAllowed) return 0;
  const Unwinder state = unwinder.load(std::memory_order_acquire);
  if (state != Unwinder::kReady && (state != Unwinder::kUnknown || !prepareUnwinder())) return 0;
  constexpr std::size_t kOwnFrames = 16;
  void *frames[ring::kMaxStackFrames + kOwnFrames];
  const int wanted = static_cast<int>(std::min(capacity, ring::kMaxStackFrames) + kOwnFrames);
  const int taken = backtrace(frames, wanted);
  std::size_t count = 0;
  bool ours = true;
  for (int i = 0; i < taken && count < capacity; ++i) {
    const auto address = reinterpret_cast<std::uint64_t>(frames[i]);
    if (ours && ownCode(address)) continue;
    ours = false;
    if (address != 0) addresses[count++] = address;
  }
  if (count == 0) inject::count(ring::Counter::kStackFailures);
  return count;
}

std::uint32_t takeStack(ThreadState &thread) noexcept {
  std::uint64_t native[ring::kMaxStackFrames];
  std::uint32_t python[ring::kMaxStackFrames];
  const std::size_t nativeCount = nativeStack(native, ring::kMaxStackFrames);
  const FrameWalker *frames = frameWalker();
  const std::size_t pythonCount = frames ? frames->stack(thread, python, ring::kMaxStackFrames) : 0;
  if (nativeCount == 0 && pythonCount == 0) return 0;
  return internStack(thread, native, nativeCount, python, pythonCount);
}

std::uint32_t boundedStack(ThreadState &thread, TokenBucket &bucket,
                           std::uint32_t perSecond) noexcept {
  if (!processState.options.stacks) return 0;
  if (!bucket.take(perSecond)) {
    count(ring::Counter::kStacksNotTaken);
    return 0;
  }
  return takeStack(thread);
}

std::uint32_t leafLocation(ThreadState &thread) noexcept {
  const FrameWalker *frames = frameWalker();
  return frames ? frames->leaf(thread) : 0;
}

void writeNewModules(ThreadState &thread) noexcept {
  std::uint64_t generation = 0;
  ::dl_iterate_phdr(readGeneration, &generation);
  if (generation == thread.modulesSeen) return;
  ModuleWalk walk{&thread, true};
  if (::dl_iterate_phdr(writeModule, &walk) == 0) thread.modulesSeen = generation;
}

} // namespace hotloop::inject
