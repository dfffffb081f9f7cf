#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstring>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include "core/store/intern_cache.h"
#include "core/store/run_writer.h"
#include "core/store/schema.h"
#include "core/trace/sink_adapter.h"

namespace hotloop {

// Hands rows to a RunWriter on a thread of its own, so that reading a foreign file and storing what
// is in it go on at the same time. Order is kept; memory is a few MiB. For a writer that has stored
// no text yet; nobody else may use it before finish(). One thread at a time calls this.
class BackgroundSink final : public EachTable<BackgroundSink, TraceSink> {
public:
  explicit BackgroundSink(RunWriter &writer);
  ~BackgroundSink() override; // finishes
  BackgroundSink(const BackgroundSink &) = delete;
  BackgroundSink &operator=(const BackgroundSink &) = delete;

  StringId intern(std::string_view text) override;
  void setMeta(std::string_view key, std::string_view value) override;
  // Waits until everything is stored.
  Result<void> commit() override;
  // The same, and ends the thread: the writer is the caller's again.
  Result<void> finish();

  template <class Table> void addRow(const RowOf<Table> &row) {
    static_assert(std::is_trivially_copyable_v<RowOf<Table>>);
    put(static_cast<std::uint8_t>(tableIndex<Table>()));
    put(row);
    rowDone();
  }

private:
  using Block = std::vector<std::byte>;

  template <class T> void put(const T &value) {
    const std::size_t at = block_.size();
    block_.resize(at + sizeof value);
    std::memcpy(block_.data() + at, &value, sizeof value);
  }
  void putText(std::string_view text);
  void rowDone();
  void handOver();
  void waitUntilStored();
  void work();
  void store(const Block &block);

  RunWriter &writer_;
  InternCache strings_;
  std::uint32_t lastString_ = 0;
  Block block_; // being filled
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Block> full_;
  std::vector<Block> empty_;
  bool storing_ = false;
  bool ending_ = false;
  bool idsDiffer_ = false; // written by the thread, read when it waits or has ended
  std::thread thread_;
};

} // namespace hotloop
