#include "core/store/background_sink.h"

#include <array>
#include <string>
#include <utility>

namespace hotloop {

namespace {

constexpr std::size_t kBlockBytes = 256u << 10;
constexpr std::size_t kMostBlocks = 8;
constexpr std::size_t kInternCacheBytes = 16u << 20;
constexpr std::uint8_t kText = 254;
constexpr std::uint8_t kMeta = 255;
static_assert(kTableCount < kText);

template <class T> T take(const std::byte *&at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  at += sizeof value;
  return value;
}

std::string_view takeText(const std::byte *&at) {
  const auto size = take<std::uint32_t>(at);
  const std::string_view text(reinterpret_cast<const char *>(at), size);
  at += size;
  return text;
}

using AddRow = void (*)(TraceSink &, const std::byte *&);
constexpr std::array<AddRow, kTableCount> adders() {
  std::array<AddRow, kTableCount> all{};
  std::size_t i = 0;
  AllTables::forEach([&]<class Table>() {
    all[i++] = [](TraceSink &sink, const std::byte *&at) { sink.add(take<RowOf<Table>>(at)); };
  });
  return all;
}

} // namespace

BackgroundSink::BackgroundSink(RunWriter &writer)
    : writer_(writer), strings_(kInternCacheBytes), thread_([this] { work(); }) {
  block_.reserve(kBlockBytes + 4096);
}

BackgroundSink::~BackgroundSink() { static_cast<void>(finish()); }

void BackgroundSink::putText(std::string_view text) {
  put(static_cast<std::uint32_t>(text.size()));
  const auto *bytes = reinterpret_cast<const std::byte *>(text.data());
  block_.insert(block_.end(), bytes, bytes + text.size());
}

StringId BackgroundSink::intern(std::string_view text) {
  if (text.empty()) return {};
  if (const StringId known = strings_.find(text)) return known;
  const StringId id(++lastString_);
  strings_.insert(text, id);
  put(kText);
  put(id.value);
  putText(text);
  rowDone();
  return id;
}

void BackgroundSink::setMeta(std::string_view key, std::string_view value) {
  put(kMeta);
  putText(key);
  putText(value);
  rowDone();
}

void BackgroundSink::rowDone() {
  if (block_.size() >= kBlockBytes) handOver();
}

void BackgroundSink::handOver() {
  if (block_.empty()) return;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return full_.size() < kMostBlocks; });
  full_.push_back(std::move(block_));
  block_ = Block();
  if (!empty_.empty()) {
    block_ = std::move(empty_.back());
    empty_.pop_back();
    block_.clear();
  }
  changed_.notify_all();
}

void BackgroundSink::waitUntilStored() {
  handOver();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return full_.empty() && !storing_; });
}

Result<void> BackgroundSink::commit() {
  if (thread_.joinable()) waitUntilStored();
  if (idsDiffer_)
    return Unexpected(invalidInput("the run file held texts before the import began; this is a "
                                   "mistake in hotloop, please report it"));
  return writer_.commit();
}

Result<void> BackgroundSink::finish() {
  if (!thread_.joinable()) return {};
  auto committed = commit();
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  return committed;
}

void BackgroundSink::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return ending_ || !full_.empty(); });
    if (full_.empty()) return;
    Block block = std::move(full_.front());
    full_.pop_front();
    storing_ = true;
    lock.unlock();
    changed_.notify_all();
    store(block);
    lock.lock();
    storing_ = false;
    empty_.push_back(std::move(block));
    changed_.notify_all();
  }
}

void BackgroundSink::store(const Block &block) {
  static constexpr auto kAdders = adders();
  const std::byte *at = block.data();
  const std::byte *const end = at + block.size();
  while (at < end) {
    const auto kind = take<std::uint8_t>(at);
    if (kind == kText) {
      const auto wanted = take<std::uint32_t>(at);
      idsDiffer_ = writer_.addText(takeText(at)).value != wanted || idsDiffer_;
    } else if (kind == kMeta) {
      const std::string_view key = takeText(at);
      writer_.setMeta(key, takeText(at));
    } else {
      kAdders[kind](writer_, at);
    }
  }
}

} // namespace hotloop
