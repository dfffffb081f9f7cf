#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

// The shared-memory format between a process of the target (producer) and `hotloop record`
// (reader).
//
// A region is one file of the run's live folder, `<pid>-<serial>.ring`: a page with the
// RegionHeader, the table of ChunkHeaders, then the chunks. The producer maps it and closes the
// descriptor; the reader uses pread and pwrite only, so that a region cut short under it is an
// error and not a signal, and its memory does not grow with the number of processes.
//
// A thread owns one chunk at a time; it appends records and publishes them by storing `committed`
// (release). A full chunk, or that of a thread which ended, is sealed. The reader takes what lies
// between its own position and `committed`, in the order of (thread, sequence), and hands an
// emptied sealed chunk back as kFree. No locks; a producer that finds no free chunk drops the
// record and counts it. What is published survives the death of the producer. A process that could
// not make a region leaves an empty file `<pid>.failed`.
namespace hotloop::ring {

inline constexpr std::uint64_t kMagic = 0x31676e69726c6f68; // "holring1", little endian
inline constexpr std::uint32_t kVersion = 1;
inline constexpr std::size_t kChunkBytes = 32 * 1024;         // so that 500 threads find one each
inline constexpr std::size_t kRegionBytes = 16 * 1024 * 1024; // design bound of a process's rings
inline constexpr std::size_t kForkedRegionBytes = 4 * 1024 * 1024; // forked without exec
inline constexpr std::size_t kSmallestRegionBytes = 1024 * 1024;   // where there is little room
inline constexpr std::size_t kPage = 4096;
inline constexpr const char *kRegionSuffix = ".ring";
inline constexpr const char *kFailedSuffix = ".failed";

enum class ClockKind : std::uint32_t {
  kMonotonic = 0, // stamps are CLOCK_MONOTONIC ns
  kTicks = 1,     // stamps are time-stamp counter ticks (invariant TSC); the reader converts
};

// What a producer could not do; added up per region, read at any time.
enum class Counter : std::uint32_t {
  kDroppedRecords = 0,  // no free chunk, or a record that fits none
  kStacksNotTaken,      // token bucket empty
  kStackFailures,       // the unwinder gave nothing
  kUnbalancedPops,      // NVTX pop without push
  kCallbackFailures,    // a callback of ours had to give up
  kPythonFramesRefused, // Python there, but frames cannot be walked (version, self check)
  kOpenOverflow,        // operators or ranges nested deeper than we follow
  kTorchProfilerSeen,   // torch.profiler was active in the target
  kReentered,           // an event inside our own recording (a signal handler): not recorded
  kThreadsNotRecorded,  // threads for which no memory was left
  kCuptiDropped,        // records that CUPTI had no room for
  kCuptiUnknown,        // records of CUPTI that we do not know, or could not read
  kCuptiNoTime,         // device work of which CUPTI took no times
  kCuptiFatal,          // CUPTI stopped by itself
  kCudaFlushTimeout,    // at the end CUPTI did not hand over its buffers in time
  kNoUnwinder,          // libunwind could not be opened: no native stacks
  kCount = 24           // room for later ones; the layout does not change
};

struct alignas(64) RegionHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t pid;
  std::uint32_t parentPid;
  ClockKind clock;
  std::uint32_t chunkCount;
  std::uint32_t forked; // 1: made by a fork without exec
  std::uint64_t startStamp;
  std::int32_t rank;                   // in a distributed job; -1 none
  std::uint32_t commandLineLength;     // bytes used in commandLine
  char executable[128];                // name, zero-terminated
  char commandLine[2048];              // arguments, each zero-terminated; cut when longer
  std::atomic<std::uint32_t> ready;    // 1 once the above is filled
  std::atomic<std::uint32_t> finished; // 1 once the process left in good order (exit)
  std::atomic<std::uint32_t> threads;  // thread ordinals handed out
  std::atomic<std::uint64_t> counters[static_cast<std::size_t>(Counter::kCount)];
};
static_assert(sizeof(RegionHeader) <= kPage, "the first chunk starts at one page");

enum class ChunkState : std::uint32_t {
  kFree = 0,    // anyone may claim it
  kOwned = 1,   // a thread appends; the header below is filled
  kSealed = 2,  // nothing more comes; the reader frees it when it is empty
  kClaimed = 3, // a thread fills the header; not for the reader yet
};

struct alignas(64) ChunkHeader {
  std::atomic<ChunkState> state;
  std::uint32_t threadOrdinal; // within the process, from 1
  std::uint32_t osTid;
  std::uint32_t sequence;               // per thread, from 0, counts chunks
  std::atomic<std::uint32_t> committed; // bytes published
};
static_assert(sizeof(ChunkHeader) == 64);

// Where things lie in the file.
constexpr std::size_t tableOffset() { return kPage; }
constexpr std::size_t payloadOffset(std::size_t chunkCount, std::size_t chunk) {
  const std::size_t table = (chunkCount * sizeof(ChunkHeader) + kPage - 1) / kPage * kPage;
  return kPage + table + chunk * kChunkBytes;
}
// Chunks that fit a file of `bytes`.
constexpr std::size_t chunksIn(std::size_t bytes) {
  std::size_t count = bytes / (kChunkBytes + sizeof(ChunkHeader));
  while (count > 0 && payloadOffset(count, count) > bytes) --count;
  return count;
}

enum class RecordType : std::uint16_t {
  kString = 1, // definitions: the ids are the process's own
  kPythonFrame,
  kStack,
  kModule,
  kThreadName,
  kMeta,
  kForget,
  kOp = 16, // events
  kAllocation,
  kRange, // push/pop, when popped; marks
  kStep,
  kRangeStart, // start/end ranges: each half when it happens, as they may lie in two threads
  kRangeEnd,
  // CUDA follows from 64 on: core/ring/cuda_records.h.
};

// Every record starts with this and is padded to 8 bytes; `bytes` counts all of it.
struct RecordHeader {
  RecordType type;
  std::uint16_t bytes;
};
inline constexpr std::size_t kMaxRecordBytes = 8 * 1024; // longer texts are cut
inline constexpr std::size_t kMaxStackFrames = 128;      // native and Python, each

// Ids are a thread's own: 1, 2, 3, ... in the order of its definitions, whatever they define; 0 is
// none, and as a string the empty one. A definition precedes, in the same thread's chunks, the
// records that use it. A thread that made kForgetAfter definitions writes a ForgetRecord: ids up to
// then, but for those listed, are not used again. So a reader's memory stays bounded.
inline constexpr std::uint32_t kForgetAfter = 32 * 1024;
struct StringRecord { // followed by `length` bytes
  RecordHeader header;
  std::uint32_t id;
  std::uint32_t length;
};
struct PythonFrameRecord {
  RecordHeader header;
  std::uint32_t id;
  std::uint32_t function; // string ids
  std::uint32_t file;
  std::uint32_t line;
  std::uint32_t user; // 1 when not a library's
};
struct StackRecord {   // followed by u64 nativeCount return addresses, innermost first, then
  RecordHeader header; // u32 pythonCount ids of PythonFrameRecords, innermost first
  std::uint32_t id;
  std::uint16_t nativeCount;
  std::uint16_t pythonCount;
};
struct ModuleRecord { // followed by path, not terminated; build id first (buildIdLength bytes)
  RecordHeader header;
  std::uint32_t pathLength;
  std::uint64_t base; // load bias: address in memory minus address in the file
  std::uint64_t begin;
  std::uint64_t end;
  std::uint32_t buildIdLength;
  std::uint32_t reserved;
};
struct ForgetRecord { // followed by u32 ids to keep
  RecordHeader header;
  std::uint32_t keepCount;
};
struct ThreadNameRecord {
  RecordHeader header;
  std::uint32_t osTid; // 0: the writing thread
  std::uint32_t name;
  std::uint32_t reserved;
};
struct MetaRecord { // followed by key, then value
  RecordHeader header;
  std::uint16_t keyLength;
  std::uint16_t valueLength;
};

struct OpRecord {
  RecordHeader header;
  std::uint32_t name;
  std::uint64_t start; // stamps
  std::uint64_t end;
  std::int64_t sequence;
  std::uint32_t location;
  std::uint32_t stack;
  std::uint32_t forwardThread;
  std::uint16_t depth;
  std::uint8_t scope;
  std::uint8_t reserved;
};
struct AllocationRecord {
  RecordHeader header;
  std::uint32_t location;
  std::uint64_t stamp;
  std::uint64_t address;
  std::int64_t bytes; // positive
  std::int64_t totalAllocated;
  std::int64_t totalReserved;
  std::uint32_t stack;
  std::int16_t deviceIndex; // -1 host
  std::uint8_t action;      // AllocationAction
  std::uint8_t allocator;   // Allocator
};
struct RangeRecord {
  RecordHeader header;
  std::uint32_t name;
  std::uint64_t start;
  std::uint64_t end;     // kRangeStart: 0
  std::uint64_t payload; // bits of an int64 or of a double
  std::uint64_t handle;  // kRangeStart: what kRangeEnd names, unique in the process; else 0
  std::uint32_t domain;
  std::uint32_t category;
  std::uint32_t color;
  std::uint16_t depth;
  std::uint8_t kind;        // RangeKind
  std::uint8_t payloadKind; // PayloadKind
};
struct RangeEndRecord {
  RecordHeader header;
  std::uint32_t reserved;
  std::uint64_t end;
  std::uint64_t handle;
};
struct StepRecord {
  RecordHeader header;
  std::uint32_t reserved;
  std::uint64_t start;
  std::uint64_t end;
  std::int64_t number;
};

static_assert(sizeof(OpRecord) % 8 == 0 && sizeof(AllocationRecord) % 8 == 0);
static_assert(sizeof(RangeRecord) % 8 == 0 && sizeof(StepRecord) % 8 == 0);
static_assert(sizeof(RangeEndRecord) % 8 == 0 && sizeof(PythonFrameRecord) % 8 == 0);

} // namespace hotloop::ring
