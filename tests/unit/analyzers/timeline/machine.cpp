#include "tests/unit/analyzers/timeline/machine.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <string>

#include "core/trace/trace_builder.h"

namespace hotloop::test_support {

namespace {

using Kind = MachineOp::Kind;
constexpr std::int64_t kNever = INT64_MIN / 4;

bool isTurn(const MachineOp &op) { return op.thread < 2; }

// One op in the flat order of the program, with what it waits for resolved in that order.
struct Node {
  const MachineOp *op = nullptr;
  std::size_t step = 0, place = 0;
  std::vector<std::size_t> targets; // nodes whose work, or record, it waits for
};

std::vector<Node> resolve(const Machine &machine, const std::vector<MachineStep> &steps) {
  std::vector<Node> nodes;
  std::map<std::uint16_t, std::size_t> lastWork; // by stream
  std::map<std::uint32_t, std::size_t> lastRecord;
  std::vector<std::size_t> deferred;
  const auto onDevice = [&](std::uint16_t device) {
    std::vector<std::size_t> found;
    for (const auto &[stream, node] : lastWork)
      if (machine.deviceOfStream[stream] == device) found.push_back(node);
    return found;
  };
  for (std::size_t s = 0; s < steps.size(); ++s)
    for (std::size_t p = 0; p < steps[s].size(); ++p) {
      const MachineOp &op = steps[s][p];
      Node node{&op, s, p, {}};
      if (op.kind == Kind::kSyncDevice || op.kind == Kind::kFree)
        node.targets = onDevice(machine.deviceOfStream[op.stream]);
      else if (op.kind == Kind::kSyncStream && lastWork.contains(op.stream))
        node.targets = {lastWork[op.stream]};
      else if ((op.kind == Kind::kSyncEvent || op.kind == Kind::kWait) &&
               lastRecord.contains(op.event))
        node.targets = {lastRecord[op.event]};
      else if (op.kind == Kind::kStep)
        node.targets = std::exchange(deferred, {});
      if (op.unblocked || op.dropped) node.targets.clear();
      if (op.deferred) {
        const auto targets = std::exchange(node.targets, {});
        deferred.insert(deferred.end(), targets.begin(), targets.end());
      }
      if (!op.dropped && !op.work.empty()) lastWork[op.stream] = nodes.size();
      if (!op.dropped && op.kind == Kind::kRecord) lastRecord[op.event] = nodes.size();
      nodes.push_back(std::move(node));
    }
  return nodes;
}

class Simulator {
public:
  Simulator(const Machine &machine, const std::vector<MachineStep> &steps)
      : machine_(machine), steps_(steps), nodes_(resolve(machine, steps)),
        streams_(machine.deviceOfStream.size()), done_(nodes_.size(), kNever),
        waiters_(nodes_.size()) {
    for (const MachineStep &step : steps) run_.steps.emplace_back(step.size());
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
      const MachineOp &op = *nodes_[n].op;
      chains_[isTurn(op) ? 0 : op.thread].push_back(n);
      if (op.collective >= 0) ++members_[{nodes_[n].step, op.collective}].expected;
    }
  }

  MachineRun run() {
    border_.assign(steps_.size() + 1, kNever);
    border_[0] = 0;
    for (auto &[thread, chain] : chains_) next(thread);
    while (!agenda_.empty()) {
      Entry entry = agenda_.top();
      agenda_.pop();
      now_ = entry.time;
      entry.action();
    }
    std::int64_t last = 0;
    std::size_t n = 0;
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      for (; n < nodes_.size() && nodes_[n].step == s; ++n)
        for (const auto &[start, end] : doneOf(n).work) last = std::max(last, end);
      run_.finished.push_back(std::max(last, border_[s + 1]));
    }
    return std::move(run_);
  }

private:
  struct Entry {
    std::int64_t time = 0;
    std::uint64_t order = 0;
    std::function<void()> action;
    bool operator<(const Entry &other) const {
      return std::pair(time, order) > std::pair(other.time, other.order);
    }
  };
  struct Item {
    std::size_t node = 0;
    std::size_t index = 0; // of its works
    std::int64_t available = 0;
    std::int64_t follow = 0;
  };
  struct Stream {
    std::deque<Item> items;
    bool busy = false;
    std::int64_t end = kNever, ready = kNever;
  };
  struct Members {
    int expected = 0;
    std::int64_t end = 0;
    std::vector<std::pair<std::uint16_t, Item>> arrived;
  };

  MachineRun::Done &doneOf(std::size_t n) { return run_.steps[nodes_[n].step][nodes_[n].place]; }
  void at(std::int64_t time, std::function<void()> action) {
    agenda_.push({std::max(time, now_), order_++, std::move(action)});
  }

  // The next op of a chain, when the one before it is done.
  void next(std::uint16_t chain) {
    const std::size_t position = position_[chain];
    if (position == chains_[chain].size()) return;
    const std::size_t n = chains_[chain][position];
    const std::size_t step = nodes_[n].step;
    const bool first = position == 0 || nodes_[chains_[chain][position - 1]].step != step;
    if (chain != 0 && first && border_[step] == kNever) {
      waitingForBorder_[step].push_back(chain);
      return;
    }
    ++position_[chain];
    std::int64_t from = hostEnd_[chain];
    if (chain != 0 && first) from = std::max(border_[step], from - nodes_[n].op->gap);
    at(from + nodes_[n].op->gap, [this, chain, n] { begin(chain, n); });
  }

  void finish(std::uint16_t chain, std::size_t n, std::int64_t end) {
    at(end, [this, chain, n, end] {
      doneOf(n).end = hostEnd_[chain] = end;
      if (nodes_[n].op->kind == Kind::kStep) {
        border_[nodes_[n].step + 1] = end;
        for (const std::uint16_t waiting : waitingForBorder_[nodes_[n].step + 1]) next(waiting);
      }
      next(chain);
    });
  }

  // Calls `then` with the latest end of the targets, once all are known.
  void whenDone(std::size_t n, std::function<void(std::int64_t)> then) {
    for (const std::size_t target : nodes_[n].targets)
      if (done_[target] == kNever) {
        waiters_[target].push_back([this, n, then] { whenDone(n, then); });
        return;
      }
    std::int64_t latest = kNever;
    for (const std::size_t target : nodes_[n].targets) latest = std::max(latest, done_[target]);
    then(latest == kNothing ? kNever : latest);
  }

  void begin(std::uint16_t chain, std::size_t n) {
    const MachineOp &op = *nodes_[n].op;
    const std::int64_t start = doneOf(n).start = now_;
    if (op.dropped) {
      markDone(n, kNothing);
      return finish(chain, n, start);
    }
    const std::int64_t end = start + op.call;
    switch (op.kind) {
    case Kind::kLaunch:
      enqueue(op.stream, {n, 0, end + machine_.launch, machine_.follow});
      return finish(chain, n, end);
    case Kind::kGraph:
      for (std::size_t k = 0; k < op.work.size(); ++k)
        enqueue(op.stream, {n, k, end + machine_.graphLatency, machine_.graphGap});
      return finish(chain, n, end);
    case Kind::kPageable:
      if (!op.unblocked) {
        started_[n] = [this, chain, n, end](std::int64_t begun) {
          finish(chain, n, std::max(end, begun + machine_.toReturn));
        };
        return enqueue(op.stream, {n, 0, start + machine_.toDevice, machine_.follow});
      }
      enqueue(op.stream, {n, 0, end + machine_.launch, machine_.follow});
      return finish(chain, n, end);
    case Kind::kRecord:
    case Kind::kWait: enqueue(op.stream, {n, 0, start, 0}); return finish(chain, n, end);
    case Kind::kFree:
      return whenDone(
          n, [=, this](std::int64_t done) { finish(chain, n, std::max(start, done) + op.call); });
    case Kind::kSyncDevice:
    case Kind::kSyncStream:
    case Kind::kSyncEvent:
    case Kind::kStep:
      return whenDone(n, [=, this](std::int64_t done) {
        finish(chain, n, std::max(end, done + machine_.syncReturn));
      });
    }
  }

  void enqueue(std::uint16_t stream, Item item) {
    streams_[stream].items.push_back(item);
    pump(stream);
  }

  void pump(std::uint16_t s) {
    Stream &stream = streams_[s];
    while (!stream.busy && !stream.items.empty()) {
      const Item item = stream.items.front();
      const MachineOp &op = *nodes_[item.node].op;
      if (op.kind == Kind::kRecord) {
        stream.items.pop_front();
        markDone(item.node, std::max({stream.end, stream.ready, kNothing}));
        continue;
      }
      if (op.kind == Kind::kWait) {
        for (const std::size_t target : nodes_[item.node].targets) {
          if (done_[target] == kNever) {
            waiters_[target].push_back([this, s] { pump(s); });
            return;
          }
          stream.ready = std::max(stream.ready, done_[target]);
        }
        stream.items.pop_front();
        continue;
      }
      const std::int64_t start = std::max({item.available, stream.end + item.follow, stream.ready});
      if (start > now_) return at(start, [this, s] { pump(s); });
      stream.items.pop_front();
      stream.busy = true;
      doneOf(item.node).work.push_back({start, 0});
      if (const auto found = started_.find(item.node); found != started_.end())
        found->second(start);
      const std::int64_t end = start + op.work[item.index];
      if (op.collective < 0) {
        at(end, [this, s, item, end] { complete(s, item, end); });
        continue;
      }
      Members &members = members_[{nodes_[item.node].step, op.collective}];
      members.arrived.emplace_back(s, item);
      members.end = std::max(members.end, end);
      if (static_cast<int>(members.arrived.size()) < members.expected) continue;
      for (const auto &[other, part] : members.arrived)
        at(members.end,
           [this, other = other, part = part, last = members.end] { complete(other, part, last); });
    }
  }

  void complete(std::uint16_t s, const Item &item, std::int64_t end) {
    streams_[s].busy = false;
    streams_[s].end = end;
    doneOf(item.node).work[item.index][1] = end;
    if (item.index + 1 == nodes_[item.node].op->work.size()) markDone(item.node, end);
    pump(s);
  }

  void markDone(std::size_t n, std::int64_t time) {
    done_[n] = time;
    for (const auto &waiter : std::exchange(waiters_[n], {})) waiter();
  }

  static constexpr std::int64_t kNothing = kNever + 1; // done, with nothing to wait for

  const Machine &machine_;
  const std::vector<MachineStep> &steps_;
  std::vector<Node> nodes_;
  std::vector<Stream> streams_;
  std::vector<std::int64_t> done_; // by node
  std::vector<std::vector<std::function<void()>>> waiters_;
  std::map<std::size_t, std::function<void(std::int64_t)>> started_;
  std::map<std::pair<std::size_t, int>, Members> members_;
  std::map<std::uint16_t, std::vector<std::size_t>> chains_;
  std::map<std::uint16_t, std::size_t> position_;
  std::map<std::uint16_t, std::int64_t> hostEnd_;
  std::map<std::size_t, std::vector<std::uint16_t>> waitingForBorder_;
  std::vector<std::int64_t> border_;
  std::priority_queue<Entry> agenda_;
  std::uint64_t order_ = 0;
  std::int64_t now_ = 0;
  MachineRun run_;
};

constexpr std::int64_t kOrigin = 1'000'000'000;

std::string_view callName(const MachineOp &op) {
  switch (op.kind) {
  case Kind::kLaunch:
    return op.workKind == DeviceWorkKind::kCopy ? "cudaMemcpyAsync" : "cudaLaunchKernel";
  case Kind::kGraph: return "cudaGraphLaunch";
  case Kind::kPageable: return "cudaMemcpyAsync";
  case Kind::kSyncDevice: return "cudaDeviceSynchronize";
  case Kind::kSyncStream: return "cudaStreamSynchronize";
  case Kind::kSyncEvent: return "cudaEventSynchronize";
  case Kind::kFree: return "cudaFree";
  case Kind::kRecord: return "cudaEventRecord";
  case Kind::kWait: return "cudaStreamWaitEvent";
  case Kind::kStep: break;
  }
  return "";
}

void addWork(TraceBuilder &builder, const MachineOp &op, const MachineRun::Done &done,
             std::uint32_t correlation) {
  const StreamId stream(op.stream + 1u);
  for (const auto &[start, end] : done.work) {
    const Nanoseconds from(kOrigin + start), length(end - start);
    if (op.workKind == DeviceWorkKind::kCopy) {
      const bool pageable = op.kind == Kind::kPageable;
      builder.add(MemcpyEvent{.start = from,
                              .duration = length,
                              .lane = stream,
                              .name = builder.intern("[HtoD]"),
                              .correlation = correlation,
                              .bytes = 100'000,
                              .copyKind = 1,
                              .sourceKind = static_cast<std::uint8_t>(pageable ? 1 : 2),
                              .destinationKind = 3,
                              .async = true});
    } else {
      const bool collective = op.workKind == DeviceWorkKind::kCollective;
      builder.add(
          KernelEvent{.start = from,
                      .duration = length,
                      .lane = stream,
                      .name = builder.intern(collective ? "ncclDevKernel_AllReduce" : "gemm"),
                      .correlation = correlation,
                      .gridX = 8,
                      .gridY = 1,
                      .gridZ = 1,
                      .blockX = 128,
                      .blockY = 1,
                      .blockZ = 1,
                      .graph = op.kind == Kind::kGraph ? 1u : 0u});
    }
  }
}

void addSync(TraceBuilder &builder, const MachineOp &op, const MachineRun::Done &done,
             std::uint32_t correlation) {
  SyncEvent sync{.start = Nanoseconds(kOrigin + done.start),
                 .duration = Nanoseconds(done.end - done.start),
                 .lane = ThreadId(op.thread + 1u),
                 .correlation = correlation};
  if (op.kind == Kind::kSyncEvent || op.kind == Kind::kWait) {
    sync.kind = op.kind == Kind::kWait ? 2 : 1;
    sync.event = op.event + 1;
    if (op.kind == Kind::kWait) sync.stream = StreamId(op.stream + 1u);
  } else {
    sync.kind = op.kind == Kind::kSyncStream ? 3 : 4;
    if (op.kind == Kind::kSyncStream) sync.stream = StreamId(op.stream + 1u);
  }
  builder.add(sync);
}

} // namespace

timeline::Calibration Machine::calibration() const {
  timeline::Calibration result;
  result.launch.fill(static_cast<double>(launch));
  for (auto &row : result.follow) row.fill(static_cast<double>(follow));
  result.anyFollow = static_cast<double>(follow);
  result.syncReturn = static_cast<double>(syncReturn);
  result.syncCall = static_cast<double>(syncCall);
  result.launchCall = static_cast<double>(toDevice - launch);
  result.graphGap = static_cast<double>(graphGap);
  result.graphLatency = static_cast<double>(graphLatency);
  return result;
}

MachineRun runMachine(const Machine &machine, const std::vector<MachineStep> &steps) {
  return Simulator(machine, steps).run();
}

TraceView record(const Machine &machine, const std::vector<MachineStep> &steps,
                 const MachineRun &run) {
  TraceBuilder builder;
  builder.add(ProcessRow{.id = ProcessId(1), .osPid = 7});
  std::uint16_t threads = 0;
  for (const MachineStep &step : steps)
    for (const MachineOp &op : step) threads = std::max<std::uint16_t>(threads, op.thread);
  for (std::uint16_t t = 0; t <= threads; ++t)
    builder.add(ThreadRow{.id = ThreadId(t + 1u), .process = ProcessId(1), .osTid = 7u + t});
  for (std::uint16_t s = 0; s < machine.deviceOfStream.size(); ++s) {
    const DeviceId device(machine.deviceOfStream[s] + 1u);
    builder.add(DeviceRow{.id = device, .multiprocessors = 132});
    builder.add(StreamRow{.id = StreamId(s + 1u), .process = ProcessId(1), .device = device});
  }
  std::uint32_t correlation = 0;
  std::int64_t border = 0;
  for (std::size_t s = 0; s < steps.size(); ++s)
    for (std::size_t p = 0; p < steps[s].size(); ++p) {
      const MachineOp &op = steps[s][p];
      const MachineRun::Done &done = run.steps[s][p];
      ++correlation;
      if (op.kind == Kind::kStep) {
        builder.add(StepEvent{.start = Nanoseconds(kOrigin + border),
                              .duration = Nanoseconds(done.end - border),
                              .lane = ThreadId(1),
                              .name = builder.intern("step"),
                              .number = static_cast<std::int64_t>(s),
                              .source = StepSource::kApi});
        border = done.end;
        continue;
      }
      builder.add(ApiEvent{.start = Nanoseconds(kOrigin + done.start),
                           .duration = Nanoseconds(done.end - done.start),
                           .lane = ThreadId(op.thread + 1u),
                           .name = builder.intern(callName(op)),
                           .domain = 1,
                           .correlation = correlation});
      addWork(builder, op, done, correlation);
      if (op.kind == Kind::kRecord)
        builder.add(EventRecordEvent{
            .lane = StreamId(op.stream + 1u), .event = op.event + 1, .correlation = correlation});
      else if (op.work.empty() && op.kind != Kind::kFree)
        addSync(builder, op, done, correlation);
    }
  return std::move(builder.build()).value();
}

} // namespace hotloop::test_support
