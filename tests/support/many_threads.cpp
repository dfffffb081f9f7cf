#include "tests/support/many_threads.h"

namespace hotloop::test_support {
namespace {

constexpr std::int64_t kStart = 1'000'000;
constexpr std::int64_t kLength = 40'000'000;
constexpr std::int64_t kInner = 2'000'000; // of each operator inside

} // namespace

Result<void> makeManyThreads(TraceSink &sink, std::uint32_t threads) {
  ProcessRow process;
  process.id = ProcessId(1);
  process.osPid = 4242;
  process.name = sink.intern("swarm");
  sink.add(process);
  const StringId names[kEventsPerThread] = {sink.intern("aten::linear"), sink.intern("aten::mm"),
                                            sink.intern("aten::add")};
  for (std::uint32_t i = 1; i <= threads; ++i) {
    ThreadRow thread;
    thread.id = ThreadId(i);
    thread.process = process.id;
    thread.osTid = 10'000 + i;
    sink.add(thread);
    const std::int64_t shift = 25'000'000 * static_cast<std::int64_t>(i) / threads;
    for (std::uint64_t k = 0; k < kEventsPerThread; ++k) {
      OpEvent op;
      op.start = Nanoseconds(kStart);
      op.duration = Nanoseconds(kLength);
      if (k > 0) {
        op.start = Nanoseconds(kStart + shift + static_cast<std::int64_t>(k) * 5'000'000);
        op.duration = Nanoseconds(kInner);
      }
      op.lane = thread.id;
      op.name = names[k];
      sink.add(op);
    }
  }
  return sink.commit();
}

} // namespace hotloop::test_support
