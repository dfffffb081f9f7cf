#include "collectors/inject/intern.h"

#include <algorithm>

#include "collectors/inject/native_stack.h"

namespace hotloop::inject {
namespace {

// Writes a definition of `bytes` in all whose fixed part is `record`; `fill` writes what follows
// it.
template <class Record, class Fill>
std::uint32_t define(ThreadState &thread, Record record, ring::RecordType type, std::size_t tail,
                     Fill &&fill) noexcept {
  const std::size_t bytes = (sizeof(Record) + tail + 7) / 8 * 8;
  std::byte *room = reserve(thread, bytes);
  if (!room) return 0;
  record.header = {type, static_cast<std::uint16_t>(bytes)};
  record.id = ++thread.lastId;
  ++thread.definitions;
  std::memcpy(room, &record, sizeof record);
  fill(room + sizeof record);
  thread.cursor.commit(bytes);
  return record.id;
}

} // namespace

CacheEntry *internEntry(ThreadState &thread, std::string_view text) noexcept {
  if (text.size() > kLongestText) text = text.substr(0, kLongestText);
  const std::uint64_t hash = hashBytes(text.data(), text.size());
  CacheEntry &entry = thread.strings[(hash >> 20) % thread.strings.size()];
  if (entry.hash == hash && entry.length == text.size() && entry.id != 0) return &entry;
  const std::uint32_t id =
      define(thread, ring::StringRecord{{}, 0, static_cast<std::uint32_t>(text.size())},
             ring::RecordType::kString, text.size(),
             [&](std::byte *out) { std::memcpy(out, text.data(), text.size()); });
  if (id == 0) return nullptr;
  entry = {hash, id, static_cast<std::uint16_t>(text.size()), 0};
  return &entry;
}

std::uint32_t internString(ThreadState &thread, std::string_view text) noexcept {
  if (text.empty()) return 0;
  const CacheEntry *entry = internEntry(thread, text);
  return entry ? entry->id : 0;
}

std::uint32_t internPythonFrame(ThreadState &thread, std::string_view function,
                                std::string_view file, std::uint32_t line, bool user) noexcept {
  const std::uint64_t hash = mixHash(mixHash(hashBytes(function.data(), function.size()),
                                             hashBytes(file.data(), file.size())),
                                     line * 2 + (user ? 1u : 0u)) |
                             1;
  CacheEntry &entry = thread.frames[(hash >> 20) % thread.frames.size()];
  if (entry.hash == hash && entry.id != 0) return entry.id;
  const std::uint32_t functionId = internString(thread, function);
  const std::uint32_t fileId = internString(thread, file);
  if ((functionId == 0 && !function.empty()) || (fileId == 0 && !file.empty())) return 0;
  const std::uint32_t id =
      define(thread, ring::PythonFrameRecord{{}, 0, functionId, fileId, line, user ? 1u : 0u},
             ring::RecordType::kPythonFrame, 0, [](std::byte *) {});
  if (id != 0) entry = {hash, id, 0, 0};
  return id;
}

std::uint32_t internStack(ThreadState &thread, const std::uint64_t *native, std::size_t nativeCount,
                          const std::uint32_t *python, std::size_t pythonCount) noexcept {
  nativeCount = std::min(nativeCount, ring::kMaxStackFrames);
  pythonCount = std::min(pythonCount, ring::kMaxStackFrames);
  const std::size_t nativeBytes = nativeCount * sizeof(std::uint64_t);
  const std::size_t pythonBytes = pythonCount * sizeof(std::uint32_t);
  const std::uint64_t hash =
      mixHash(hashBytes(native, nativeBytes), hashBytes(python, pythonBytes)) | 1;
  CacheEntry &entry = thread.stacks[(hash >> 20) % thread.stacks.size()];
  if (entry.hash == hash && entry.id != 0) return entry.id;
  if (nativeCount > 0) writeNewModules(thread);
  const std::uint32_t id = define(
      thread,
      ring::StackRecord{
          {}, 0, static_cast<std::uint16_t>(nativeCount), static_cast<std::uint16_t>(pythonCount)},
      ring::RecordType::kStack, nativeBytes + pythonBytes, [&](std::byte *out) {
        std::memcpy(out, native, nativeBytes);
        std::memcpy(out + nativeBytes, python, pythonBytes);
      });
  if (id != 0) entry = {hash, id, 0, 0};
  return id;
}

} // namespace hotloop::inject
