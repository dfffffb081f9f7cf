#include <algorithm>
#include <cstring>
#include <sched.h>

#include "collectors/inject/thread_state.h"

namespace hotloop::inject {
namespace {

constexpr std::size_t kLongestKey = 200;
constexpr std::size_t kLongestValue = 4096;

// Facts told before the process recorded anything, as records ready to be copied.
struct Pending {
  std::atomic_flag lock;
  std::size_t used = 0;
  alignas(8) std::byte bytes[16 * 1024];
};
constinit Pending pending{};

class PendingLock {
public:
  PendingLock() noexcept {
    while (pending.lock.test_and_set(std::memory_order_acquire)) ::sched_yield();
  }
  ~PendingLock() { pending.lock.clear(std::memory_order_release); }
};

std::size_t fill(std::byte *room, std::string_view key, std::string_view value) {
  const std::size_t bytes = (sizeof(ring::MetaRecord) + key.size() + value.size() + 7) / 8 * 8;
  if (!room) return bytes;
  const ring::MetaRecord record{{ring::RecordType::kMeta, static_cast<std::uint16_t>(bytes)},
                                static_cast<std::uint16_t>(key.size()),
                                static_cast<std::uint16_t>(value.size())};
  std::memcpy(room, &record, sizeof record);
  std::memcpy(room + sizeof record, key.data(), key.size());
  std::memcpy(room + sizeof record + key.size(), value.data(), value.size());
  return bytes;
}

} // namespace

void meta(std::string_view key, std::string_view value) noexcept {
  Recording recording;
  if (recording) meta(recording.thread(), key, value);
}

void meta(ThreadState &thread, std::string_view key, std::string_view value) noexcept {
  if (key.empty()) return;
  key = key.substr(0, kLongestKey);
  value = value.substr(0, kLongestValue);
  const std::size_t bytes = fill(nullptr, key, value);
  if (!existingRegion()) {
    PendingLock lock;
    if (pending.used + bytes <= sizeof pending.bytes)
      pending.used += fill(pending.bytes + pending.used, key, value);
    return;
  }
  if (std::byte *room = reserve(thread, bytes)) {
    fill(room, key, value);
    thread.cursor.commit(bytes);
  }
}

void writePendingMeta(ThreadState &thread) noexcept {
  PendingLock lock;
  for (std::size_t at = 0; at < pending.used;) {
    ring::RecordHeader header;
    std::memcpy(&header, pending.bytes + at, sizeof header);
    std::byte *room = thread.cursor.reserve(header.bytes);
    if (!room) break; // the chunk is new: there is room for all of it
    std::memcpy(room, pending.bytes + at, header.bytes);
    thread.cursor.commit(header.bytes);
    at += header.bytes;
  }
  pending.used = 0;
}

} // namespace hotloop::inject
