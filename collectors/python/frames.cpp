#include <array>
#include <cstdlib>
#include <new>

#include "collectors/inject/producer.h"
#include "collectors/python/interpreter.h"

// The leaf location and full stacks of the calling thread, with one cache per thread from (code,
// instruction) to the id of the frame's definition.
namespace hotloop::inject {
namespace {

using namespace hotloop::python;

constexpr std::size_t kDeepest = 64;      // frames that the search for user code looks at
constexpr std::size_t kCacheSlots = 1024; // per thread, 64 KiB
constexpr std::size_t kLongestText = 4096;

// What is known of one instruction of one code object. Code objects are freed and their addresses
// used again, so a hit must also find the fields that tell two code objects apart.
struct Known {
  const void *code = nullptr;
  const void *qualname = nullptr;
  const void *file = nullptr;
  const void *lineTable = nullptr;
  std::uint64_t tableStart = 0; // its first bytes, where the code has no version number
  std::int32_t instruction = 0;
  std::uint32_t version = 0;
  std::int32_t firstLine = 0;
  std::uint32_t id = 0;    // 0: not defined yet
  std::uint32_t epoch = 0; // in which the id is good
  bool user = false;
};

struct Cache {
  std::uint32_t calls = 0;
  std::array<Known, kCacheSlots> *slots = nullptr;
};

Cache *cacheOf(ThreadState &thread) noexcept {
  void *&mine = slot(thread, Slot::kPython);
  if (mine == nullptr) {
    mine = new (std::nothrow) Cache;
  }
  return static_cast<Cache *>(mine);
}

void destroyCache(void *cache) noexcept {
  delete static_cast<Cache *>(cache)->slots;
  delete static_cast<Cache *>(cache);
}

void describe(const Offsets &at, const Frame &frame, Known &known) noexcept {
  known.code = frame.code;
  known.instruction = static_cast<std::int32_t>(frame.instruction);
  known.qualname = readAt<const void *>(frame.code, at.codeQualname);
  known.file = readAt<const void *>(frame.code, at.codeFile);
  known.lineTable = readAt<const void *>(frame.code, at.codeLineTable);
  known.firstLine = readAt<std::int32_t>(frame.code, at.codeFirstLine);
  if (at.codeVersion != 0) {
    known.version = readAt<std::uint32_t>(frame.code, at.codeVersion);
  } else if (readAt<std::int64_t>(known.lineTable, at.bytesLength) >= 8) {
    known.tableStart = readAt<std::uint64_t>(known.lineTable, at.bytesData);
  }
}

bool same(const Known &a, const Known &b) noexcept {
  return a.code == b.code && a.instruction == b.instruction && a.qualname == b.qualname &&
         a.file == b.file && a.lineTable == b.lineTable && a.firstLine == b.firstLine &&
         a.version == b.version && a.tableStart == b.tableStart;
}

Known &lookUp(const Offsets &at, Cache &cache, const Frame &frame) noexcept {
  Known now;
  describe(at, frame, now);
  std::uint64_t hash = reinterpret_cast<std::uintptr_t>(frame.code) * 0x9e3779b97f4a7c15u;
  hash = (hash ^ static_cast<std::uint64_t>(frame.instruction)) * 0xff51afd7ed558ccdu;
  Known &known = (*cache.slots)[hash >> 54];
  static_assert(kCacheSlots == std::size_t(1) << (64 - 54));
  if (!same(known, now)) {
    char buffer[kLongestText];
    now.user = !isLibraryFile(textOf(at, now.file, buffer, sizeof buffer));
    known = now;
  }
  return known;
}

std::uint32_t idOf(const Offsets &at, ThreadState &thread, Known &known) noexcept {
  if (known.id == 0 || known.epoch != epoch(thread)) {
    char function[kLongestText];
    char file[kLongestText];
    const int line = lineOf(static_cast<const std::uint8_t *>(known.lineTable) + at.bytesData,
                            readAt<std::size_t>(known.lineTable, at.bytesLength), known.firstLine,
                            known.instruction);
    known.id = internPythonFrame(thread, textOf(at, known.qualname, function, sizeof function),
                                 textOf(at, known.file, file, sizeof file),
                                 static_cast<std::uint32_t>(line > 0 ? line : known.firstLine),
                                 known.user);
    known.epoch = epoch(thread);
  }
  return known.id;
}

enum class Check : int { kPending, kDone };
std::atomic<Check> check{Check::kPending};

// LibTorch gives up the GIL before most of its work, so the first chance to check may come late.
const Interpreter *checked(ThreadState &thread, const Interpreter *python,
                           const Cache &cache) noexcept {
  if (check.load(std::memory_order_relaxed) == Check::kDone ||
      (cache.calls > 256 && cache.calls % 64 != 0)) {
    return python;
  }
  switch (selfCheck(*python)) {
  case SelfCheck::kImpossible: return python;
  case SelfCheck::kAgrees: check.store(Check::kDone, std::memory_order_relaxed); return python;
  case SelfCheck::kDiffers: break;
  }
  refuse(thread,
         "Python frames read directly differ from what Python's API says, so none are recorded");
  return nullptr;
}

// The state of the calling thread's Python, or null where it runs none; `cache` is set with it.
const Interpreter *enter(ThreadState &thread, Cache *&cache, const void *&tstate) noexcept {
  if (isRefused()) {
    return nullptr;
  }
  cache = cacheOf(thread);
  if (cache == nullptr) {
    return nullptr;
  }
  const Interpreter *python = currentInterpreter.load(std::memory_order_acquire);
  const std::uint32_t calls = ++cache->calls;
  if (python == nullptr) {
    const bool lookNow = calls < 4096 ? (calls & (calls - 1)) == 0 : calls % 4096 == 0;
    python = lookNow ? findInterpreter(thread) : nullptr;
    if (python == nullptr) {
      return nullptr;
    }
  }
  // A finalised interpreter frees the states of other threads.
  if (python->isInitialized() == 0) {
    return nullptr;
  }
  tstate = python->threadState();
  if (tstate == nullptr) {
    return nullptr;
  }
  if (cache->slots == nullptr) {
    cache->slots = new (std::nothrow) std::array<Known, kCacheSlots>{};
    if (cache->slots == nullptr) {
      return nullptr;
    }
  }
  return checked(thread, python, *cache);
}

std::uint32_t leaf(ThreadState &thread) noexcept {
  Cache *cache = nullptr;
  const void *tstate = nullptr;
  const Interpreter *python = enter(thread, cache, tstate);
  if (python == nullptr) {
    return 0;
  }
  Frame innermost;
  Known *user = nullptr;
  std::size_t seen = 0;
  walk(*python, tstate, [&](const Frame &frame) {
    if (seen++ == 0) {
      innermost = frame;
    }
    Known &known = lookUp(python->offsets, *cache, frame);
    user = known.user ? &known : nullptr;
    return user == nullptr && seen < kDeepest;
  });
  if (seen == 0) {
    return 0;
  }
  return idOf(python->offsets, thread,
              user != nullptr ? *user : lookUp(python->offsets, *cache, innermost));
}

std::size_t stack(ThreadState &thread, std::uint32_t *ids, std::size_t capacity) noexcept {
  Cache *cache = nullptr;
  const void *tstate = nullptr;
  const Interpreter *python = enter(thread, cache, tstate);
  std::size_t count = 0;
  if (python == nullptr || capacity == 0) {
    return 0;
  }
  walk(*python, tstate, [&](const Frame &frame) {
    ids[count++] = idOf(python->offsets, thread, lookUp(python->offsets, *cache, frame));
    return count < capacity && count < kDeepest;
  });
  return count;
}

constexpr FrameWalker kWalker{leaf, stack};

} // namespace

void installPythonCollector() noexcept {
  setSlotDestructor(Slot::kPython, destroyCache);
  setFrameWalker(&kWalker);
}

} // namespace hotloop::inject
