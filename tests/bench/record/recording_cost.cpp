// What recording costs the program: an NVTX push/pop pair, an operator, an allocation, in bursts
// that the ring holds, drained in between.
#include <nvtx3/nvToolsExt.h>

#include <cstdlib>
#include <functional>
#include <thread>

#include "collectors/inject/live_folder.h"
#include "collectors/inject/live_session.h"
#include "collectors/inject/process_state.h"
#include "collectors/inject/producer.h"
#include "core/trace/trace_builder.h"
#include "tests/bench/record/paired.h"

namespace hotloop {
namespace {

constexpr int kBurst = 20'000;
constexpr int kBursts = 41;
constexpr int kRefilledBursts = 7;

class NullSink final : public EachTable<NullSink, TraceSink> {
public:
  StringId intern(std::string_view text) override { return StringId(text.empty() ? 0 : 1); }
  void setMeta(std::string_view, std::string_view) override {}
  Result<void> commit() override { return {}; }
  template <class Table> void addRow(const RowOf<Table> &) {}
};

// `refill`: waits until the thread's token buckets are full again, so that every stack is taken.
void measure(const char *what, LiveSession &session, const std::function<void()> &once,
             bool refill = false) {
  std::vector<double> nanoseconds;
  for (int burst = 0; burst < (refill ? kRefilledBursts : kBursts); ++burst) {
    session.poll();
    if (refill) std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    const double start = bench::threadSeconds();
    for (int i = 0; i < kBurst; ++i) once();
    nanoseconds.push_back((bench::threadSeconds() - start) / kBurst * 1e9);
  }
  bench::print(what, "ns", nanoseconds);
}

[[gnu::noinline]] void nested(int depth, const std::function<void()> &call) {
  if (depth == 0) {
    call();
  } else {
    nested(depth - 1, call);
  }
  asm volatile("" ::: "memory");
}

} // namespace
} // namespace hotloop

int main() {
  using namespace hotloop;
  auto folder = LiveFolder::create("run.hotloop");
  if (!folder) {
    std::fprintf(stderr, "%s\n", folder.error().message.c_str());
    return 1;
  }
  ::setenv(inject::kLiveVariable, folder->path().c_str(), 1);
  inject::startProcess();
  NullSink sink;
  LiveSession session(*folder, sink, readClocks());
  measure("empty loop body", session, [] { asm volatile("" ::: "memory"); });
  measure("two stamps", session, [] {
    inject::stamp();
    inject::stamp();
  });
  measure("NVTX push/pop (goal <= 100)", session, [] {
    nvtxRangePushA("forward");
    nvtxRangePop();
  });
  measure("operator", session, [] {
    inject::opBegin("aten::addmm", 0, 17, 0);
    inject::opEnd();
  });
  measure("allocation and free, no stacks", session, [] {
    inject::allocation(1, 0x1000, -64, 0, -1, -1);
    inject::allocation(1, 0x1000, -64, 0, -1, -1);
  });
  nested(20, [&] {
    measure(
        "operator with stack, 20+ frames", session,
        [] {
          inject::opBegin("aten::_local_scalar_dense", 0, 17, 0);
          inject::opEnd();
        },
        true);
    measure(
        "allocation with stack, 20+ frames", session,
        [] { inject::allocation(1, 0x1000, 64, 0, -1, -1); }, true);
    measure("allocation, token bucket empty", session,
            [] { inject::allocation(1, 0x1000, 64, 0, -1, -1); });
  });
  if (session.dropped() > 0) std::printf("dropped: %llu\n", (unsigned long long)session.dropped());
  return 0;
}
