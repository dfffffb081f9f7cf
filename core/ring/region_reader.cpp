#include "core/ring/region_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace hotloop::ring {
namespace {

// A 16 MiB region has 511 chunks; more than this is no region of ours.
constexpr std::size_t kMostChunks = 64 * 1024;

template <class T> T fieldAt(const std::byte *base, std::size_t offset) {
  T value;
  std::memcpy(&value, base + offset, sizeof value);
  return value;
}

struct ChunkFields {
  ChunkState state;
  std::uint32_t threadOrdinal, osTid, sequence, committed;
};

ChunkFields chunkFields(const std::vector<std::byte> &table, std::size_t index) {
  const std::byte *at = table.data() + index * sizeof(ChunkHeader);
  return {fieldAt<ChunkState>(at, offsetof(ChunkHeader, state)),
          fieldAt<std::uint32_t>(at, offsetof(ChunkHeader, threadOrdinal)),
          fieldAt<std::uint32_t>(at, offsetof(ChunkHeader, osTid)),
          fieldAt<std::uint32_t>(at, offsetof(ChunkHeader, sequence)),
          fieldAt<std::uint32_t>(at, offsetof(ChunkHeader, committed))};
}

bool hasRecords(ChunkState state) {
  return state == ChunkState::kOwned || state == ChunkState::kSealed;
}

std::vector<std::string> splitArguments(const char *text, std::size_t length) {
  std::vector<std::string> arguments;
  for (std::size_t begin = 0; begin < length;) {
    const std::size_t end = begin + ::strnlen(text + begin, length - begin);
    arguments.emplace_back(text + begin, end - begin);
    begin = end + 1;
  }
  return arguments;
}

} // namespace

void RegionReader::CloseDescriptor::close(int descriptor) { ::close(descriptor); }

bool RegionReader::readAt(std::size_t offset, void *target, std::size_t bytes) const {
  auto *out = static_cast<std::byte *>(target);
  while (bytes > 0) {
    const ssize_t got = ::pread(file_.get(), out, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out += got;
    offset += static_cast<std::size_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

Result<std::unique_ptr<RegionReader>> RegionReader::open(const std::string &path) {
  std::unique_ptr<RegionReader> reader(new RegionReader());
  reader->file_.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!reader->file_) return Unexpected(systemError(errno, "cannot open the ring file " + path));
  struct stat status{};
  if (::fstat(reader->file_.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return Unexpected(corrupt("the ring file " + path + " is not a regular file"));
  const auto bytes = static_cast<std::size_t>(status.st_size);
  std::vector<std::byte> page(kPage);
  if (bytes < kPage || !reader->readAt(0, page.data(), kPage))
    return std::unique_ptr<RegionReader>(); // still being made
  const std::byte *header = page.data();
  if (fieldAt<std::uint32_t>(header, offsetof(RegionHeader, ready)) != 1)
    return std::unique_ptr<RegionReader>();
  // Read again: what precedes `ready` is complete only now.
  if (!reader->readAt(0, page.data(), kPage))
    return Unexpected(corrupt("the ring file " + path + " was cut short"));

  const auto chunks = fieldAt<std::uint32_t>(header, offsetof(RegionHeader, chunkCount));
  if (fieldAt<std::uint64_t>(header, offsetof(RegionHeader, magic)) != kMagic ||
      fieldAt<std::uint32_t>(header, offsetof(RegionHeader, version)) != kVersion)
    return Unexpected(corrupt("the ring file " + path +
                              " was not made by this version of "
                              "libhotloop.so: install the program and the library together"));
  if (chunks == 0 || chunks > kMostChunks || payloadOffset(chunks, chunks) > bytes)
    return Unexpected(corrupt("the ring file " + path + " is damaged: its size does not fit"));

  RegionInfo &info = reader->info_;
  info.pid = fieldAt<std::uint32_t>(header, offsetof(RegionHeader, pid));
  info.parentPid = fieldAt<std::uint32_t>(header, offsetof(RegionHeader, parentPid));
  info.clock = fieldAt<ClockKind>(header, offsetof(RegionHeader, clock));
  info.forked = fieldAt<std::uint32_t>(header, offsetof(RegionHeader, forked)) != 0;
  info.startStamp = fieldAt<std::uint64_t>(header, offsetof(RegionHeader, startStamp));
  info.rank = std::max(-1, fieldAt<std::int32_t>(header, offsetof(RegionHeader, rank)));
  const auto *name = reinterpret_cast<const char *>(header + offsetof(RegionHeader, executable));
  info.executable.assign(name, ::strnlen(name, sizeof RegionHeader::executable));
  const auto length = std::min<std::size_t>(
      fieldAt<std::uint32_t>(header, offsetof(RegionHeader, commandLineLength)),
      sizeof RegionHeader::commandLine);
  info.commandLine = splitArguments(
      reinterpret_cast<const char *>(header + offsetof(RegionHeader, commandLine)), length);
  if (info.clock != ClockKind::kMonotonic && info.clock != ClockKind::kTicks)
    return Unexpected(corrupt("the ring file " + path + " is damaged: unknown clock"));

  reader->chunkCount_ = chunks;
  reader->places_.resize(chunks);
  reader->buffer_.resize(kChunkBytes);
  return reader;
}

bool RegionReader::readTable(std::vector<std::byte> &table) {
  table.resize(chunkCount_ * sizeof(ChunkHeader));
  return readAt(tableOffset(), table.data(), table.size());
}

std::size_t RegionReader::drain(RecordConsumer &consumer) {
  taken_ = 0;
  if (unreadable_) return 0;
  // Two looks at the table: a chunk seen as owned in the first has all its fields in the second,
  // and since a thread seals one chunk before it fills the next, the second `committed` of the
  // former is final wherever the first look saw the latter.
  if (!readTable(before_) || !readTable(after_)) {
    ++damage_;
    unreadable_ = true;
    return 0;
  }
  order_.clear();
  for (std::uint32_t index = 0; index < chunkCount_; ++index)
    if (hasRecords(chunkFields(before_, index).state)) order_.push_back(index);
  std::sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
    const ChunkFields left = chunkFields(after_, a), right = chunkFields(after_, b);
    if (left.threadOrdinal != right.threadOrdinal) return left.threadOrdinal < right.threadOrdinal;
    if (left.sequence != right.sequence) return left.sequence < right.sequence;
    return a < b;
  });
  for (const std::uint32_t index : order_) readChunk(index, consumer);

  std::array<std::byte, sizeof(RegionHeader)> header;
  if (readAt(0, header.data(), header.size())) {
    finished_ = fieldAt<std::uint32_t>(header.data(), offsetof(RegionHeader, finished)) != 0;
    std::memcpy(counters_.data(), header.data() + offsetof(RegionHeader, counters),
                sizeof counters_);
  }
  return taken_;
}

void RegionReader::readChunk(std::size_t index, RecordConsumer &consumer) {
  const ChunkFields fields = chunkFields(after_, index);
  const bool sealed = chunkFields(before_, index).state == ChunkState::kSealed;
  Place &place = places_[index];
  if (place.threadOrdinal != fields.threadOrdinal || place.sequence != fields.sequence)
    place = {fields.threadOrdinal, fields.sequence, 0, false};

  if (!place.broken) {
    const std::size_t committed = fields.committed;
    if (committed > kChunkBytes || committed < place.position || fields.threadOrdinal == 0) {
      place.broken = true;
      ++damage_;
    } else if (committed > place.position) {
      const std::size_t bytes = committed - place.position;
      if (!readAt(payloadOffset(chunkCount_, index) + place.position, buffer_.data(), bytes)) {
        ++damage_;
        place.broken = true;
      } else {
        const std::size_t whole = wholeRecords(bytes);
        if (whole > 0)
          consumer.records(fields.threadOrdinal, fields.osTid, std::span(buffer_.data(), whole));
        taken_ += whole;
        place.position += static_cast<std::uint32_t>(whole);
        if (whole != bytes) {
          ++damage_;
          place.broken = true;
        }
      }
    }
  }
  if (!sealed) return;
  place = Place();
  const ChunkState free = ChunkState::kFree;
  const std::size_t at = tableOffset() + index * sizeof(ChunkHeader) + offsetof(ChunkHeader, state);
  ssize_t written;
  do {
    written = ::pwrite(file_.get(), &free, sizeof free, static_cast<off_t>(at));
  } while (written < 0 && errno == EINTR);
}

std::size_t RegionReader::wholeRecords(std::size_t bytes) const {
  std::size_t at = 0;
  while (at + sizeof(std::uint64_t) <= bytes) {
    RecordHeader header;
    std::memcpy(&header, buffer_.data() + at, sizeof header);
    if (header.bytes < sizeof(std::uint64_t) || header.bytes % 8 != 0 ||
        header.bytes > kMaxRecordBytes || header.bytes > bytes - at)
      break;
    at += header.bytes;
  }
  return at;
}

} // namespace hotloop::ring
