#include "core/ring/region_writer.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace hotloop::ring {
namespace {

constexpr int kMostSerials = 100'000; // execs of one process, at least

int openNew(const char *path) {
  int descriptor = -1;
  do {
    descriptor = ::open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  } while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

int reserveSpace(int descriptor, std::size_t bytes) {
  int failure = 0;
  do {
    failure = ::posix_fallocate(descriptor, 0, static_cast<off_t>(bytes));
  } while (failure == EINTR);
  return failure;
}

// A file that outgrows the program's own limit would end the program by SIGXFSZ.
std::size_t largestFile() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  return static_cast<std::size_t>(limit.rlim_cur);
}

void leaveMarker(const RegionSpec &spec) {
  char path[PATH_MAX];
  const int length =
      std::snprintf(path, sizeof path, "%s/%u%s", spec.folder, spec.pid, kFailedSuffix);
  if (length <= 0 || static_cast<std::size_t>(length) >= sizeof path) return;
  const int descriptor = openNew(path);
  if (descriptor >= 0) ::close(descriptor);
}

void fillHeader(RegionHeader &header, const RegionSpec &spec, std::size_t bytes) {
  header.magic = kMagic;
  header.version = kVersion;
  header.pid = spec.pid;
  header.parentPid = spec.parentPid;
  header.clock = spec.clock;
  header.chunkCount = static_cast<std::uint32_t>(chunksIn(bytes));
  header.forked = spec.forked ? 1 : 0;
  header.startStamp = spec.startStamp;
  header.rank = spec.rank;
  const std::size_t nameLength =
      std::min(std::strlen(spec.executable), sizeof header.executable - 1);
  std::memcpy(header.executable, spec.executable, nameLength);
  const std::size_t commandLength = std::min(spec.commandLineLength, sizeof header.commandLine);
  std::memcpy(header.commandLine, spec.commandLine, commandLength);
  header.commandLineLength = static_cast<std::uint32_t>(commandLength);
  header.ready.store(1, std::memory_order_release);
}

} // namespace

int RegionWriter::create(const RegionSpec &spec) noexcept {
  char path[PATH_MAX];
  int descriptor = -1;
  for (int serial = 0; descriptor < 0; ++serial) {
    const int length = std::snprintf(path, sizeof path, "%s/%u-%d%s", spec.folder, spec.pid, serial,
                                     kRegionSuffix);
    if (length <= 0 || static_cast<std::size_t>(length) >= sizeof path) return ENAMETOOLONG;
    descriptor = openNew(path);
    if (descriptor < 0 && (errno != EEXIST || serial == kMostSerials)) return errno;
  }

  std::size_t bytes = spec.bytes;
  while (bytes > largestFile() && bytes / 2 >= kSmallestRegionBytes) bytes /= 2;
  int failure = bytes > largestFile() ? EFBIG : reserveSpace(descriptor, bytes);
  while (failure == ENOSPC && bytes / 2 >= kSmallestRegionBytes) {
    bytes /= 2;
    if (::ftruncate(descriptor, 0) != 0) break;
    failure = reserveSpace(descriptor, bytes);
  }
  void *mapped = MAP_FAILED;
  if (failure == 0) {
    mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) failure = errno;
  }
  ::close(descriptor);
  if (failure != 0) {
    ::unlink(path);
    leaveMarker(spec);
    return failure;
  }
  header_ = static_cast<RegionHeader *>(mapped);
  table_ = reinterpret_cast<ChunkHeader *>(static_cast<std::byte *>(mapped) + tableOffset());
  mappedBytes_ = bytes;
  searchFrom_.store(0, std::memory_order_relaxed);
  fillHeader(*header_, spec, bytes);
  return 0;
}

void RegionWriter::unmap() noexcept {
  if (header_) ::munmap(header_, mappedBytes_);
  forget();
}

void RegionWriter::forget() noexcept {
  header_ = nullptr;
  table_ = nullptr;
  mappedBytes_ = 0;
}

ChunkHeader *RegionWriter::claim(std::uint32_t threadOrdinal, std::uint32_t osTid,
                                 std::uint32_t sequence) noexcept {
  const std::uint32_t chunks = header_->chunkCount;
  const std::uint32_t from = searchFrom_.load(std::memory_order_relaxed);
  for (std::uint32_t step = 0; step < chunks; ++step) {
    const std::uint32_t index = (from + step) % chunks;
    ChunkHeader &chunk = table_[index];
    ChunkState expected = ChunkState::kFree;
    if (chunk.state.load(std::memory_order_relaxed) != ChunkState::kFree ||
        !chunk.state.compare_exchange_strong(expected, ChunkState::kClaimed,
                                             std::memory_order_acquire, std::memory_order_relaxed))
      continue;
    searchFrom_.store((index + 1) % chunks, std::memory_order_relaxed);
    chunk.threadOrdinal = threadOrdinal;
    chunk.osTid = osTid;
    chunk.sequence = sequence;
    chunk.committed.store(0, std::memory_order_relaxed);
    chunk.state.store(ChunkState::kOwned, std::memory_order_release);
    return &chunk;
  }
  return nullptr;
}

std::size_t RegionWriter::freeChunks() const noexcept {
  std::size_t free = 0;
  for (std::size_t i = 0; i < header_->chunkCount; ++i)
    if (table_[i].state.load(std::memory_order_relaxed) == ChunkState::kFree) ++free;
  return free;
}

std::byte *RegionWriter::payload(const ChunkHeader *chunk) const noexcept {
  const auto index = static_cast<std::size_t>(chunk - table_);
  return reinterpret_cast<std::byte *>(header_) + payloadOffset(header_->chunkCount, index);
}

} // namespace hotloop::ring
