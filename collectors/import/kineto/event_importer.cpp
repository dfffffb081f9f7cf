#include "collectors/import/kineto/event_importer.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>

#include "core/metrics/quality.h"

namespace hotloop::kineto {

namespace {

constexpr std::size_t kMostCategories = 64;
// Times are far within what can be added up.
constexpr std::int64_t kFarthest = 4'000'000'000'000'000'000;
constexpr std::size_t kMostRecordedEvents = 1u << 20;

template <class Number> Number numberOr(const Event &event, Field field, Number fallback) {
  const auto value = integerOf(event.get(field));
  return value ? static_cast<Number>(*value) : fallback;
}

// Correlation ids are 32 bits wide in CUPTI; wider ones keep their low half.
std::uint32_t correlationOf(const Event &event) {
  return numberOr<std::uint32_t>(event, Field::kCorrelation, 0);
}

// "[16, 1, 1]"
void readTriple(Value value, std::int64_t (&triple)[3]) {
  std::string_view rest = value.text;
  for (std::int64_t &each : triple) {
    const auto digit = rest.find_first_of("0123456789");
    if (digit == std::string_view::npos) return;
    rest.remove_prefix(digit);
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), each);
    if (parsed.ec != std::errc()) return;
    rest.remove_prefix(static_cast<std::size_t>(parsed.ptr - rest.data()));
  }
}

template <class Narrow> Narrow clamped(std::int64_t value) {
  if constexpr (sizeof(Narrow) == sizeof(value))
    return static_cast<Narrow>(std::max<std::int64_t>(value, 0));
  else
    return static_cast<Narrow>(
        std::clamp<std::int64_t>(value, 0, std::numeric_limits<Narrow>::max()));
}

} // namespace

EventImporter::Kind EventImporter::kindOf(std::string_view category) {
  if (category == lastCategory_) return lastKind_;
  auto known = kinds_.find(category);
  if (known == kinds_.end()) {
    constexpr std::pair<std::string_view, Kind> kKinds[] = {
        {"cpu_op", Kind::kOp},
        {"operator", Kind::kOp},
        {"user_annotation", Kind::kUserScope},
        {"python_function", Kind::kPython},
        {"cuda_runtime", Kind::kRuntime},
        {"runtime", Kind::kRuntime},
        {"cuda_driver", Kind::kDriver},
        {"kernel", Kind::kKernel},
        {"gpu_memcpy", Kind::kMemcpy},
        {"memcpy", Kind::kMemcpy},
        {"gpu_memset", Kind::kMemset},
        {"memset", Kind::kMemset},
        {"cuda_sync", Kind::kSync},
        {"cuda_event", Kind::kEventRecord},
        {"cpu_instant_event", Kind::kInstant},
        {"gpu_user_annotation", Kind::kNotKept},
        {"overhead", Kind::kOverhead},
        {"trace", Kind::kNotKept},
        {"cuda_profiler_range", Kind::kNotKept},
        {"external_correlation", Kind::kNotKept},
        {"hardware_counters", Kind::kNotKept},
        {"ac2g", Kind::kNotKept},
        {"fwdbwd", Kind::kNotKept},
        {"async", Kind::kNotKept},
    };
    std::string lower(category);
    for (char &c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const auto *found = std::ranges::find(kKinds, lower, &std::pair<std::string_view, Kind>::first);
    const Kind kind = found == std::end(kKinds) ? Kind::kUnknown : found->second;
    if (kinds_.size() >= kMostCategories) return kind;
    known = kinds_.emplace(category, kind).first;
  }
  lastCategory_ = category;
  return lastKind_ = known->second;
}

bool EventImporter::readSpan(const Event &event, Span &span) {
  const auto start = nanosecondsOf(event.get(Field::kTime));
  if (!start || *start > kFarthest || *start < -kFarthest) {
    ++withoutTime_;
    return false;
  }
  const auto duration = nanosecondsOf(event.get(Field::kDuration)).value_or(0);
  span = {Nanoseconds(*start), Nanoseconds(std::clamp(duration, -kFarthest, kFarthest))};
  const Nanoseconds end(*start + std::max<std::int64_t>(span.duration.count, 0));
  if (*start != 0) { // records without a time of their own carry 0
    first_ = first_.count == 0 ? span.start : std::min(first_, span.start);
    last_ = std::max(last_, end);
  }
  return true;
}

ThreadId EventImporter::threadOf(const Event &event) {
  return lanes_.thread(numberOr<std::int64_t>(event, Field::kProcess, 0),
                       numberOr<std::int64_t>(event, Field::kThread, 0));
}

StreamId EventImporter::streamOf(const Event &event) {
  const auto device = numberOr<std::int64_t>(
      event, event.has(Field::kDevice) ? Field::kDevice : Field::kProcess, 0);
  const auto stream =
      numberOr<std::int64_t>(event, event.has(Field::kStream) ? Field::kStream : Field::kThread, 0);
  return lanes_.stream(device, numberOr<std::int64_t>(event, Field::kContext, 0), stream);
}

void EventImporter::skip(std::string_view what) {
  const auto known = skipped_.find(what);
  if (known != skipped_.end())
    ++known->second;
  else if (skipped_.size() < kMostCategories)
    skipped_.emplace(what, 1);
  else
    ++skipped_["others"];
}

void EventImporter::add(const Event &event) {
  const Value phase = event.get(Field::kPhase);
  const char letter = phase.text.empty() ? '\0' : phase.text.front();
  const std::string_view category = event.get(Field::kCategory).text;
  switch (letter) {
  case 'X': addComplete(event, kindOf(category)); return;
  case 'M': addMetadata(event); return;
  case 'i':
  case 'I': addInstant(event); return;
  case 's':
  case 't':
  case 'f': addFlow(event); return;
  case 'C': ++notKept_["counters"]; return;
  default:
    if (event.has(Field::kName) || event.has(Field::kTime)) skip(category);
  }
}

void EventImporter::addMetadata(const Event &event) {
  const std::string_view what = event.get(Field::kName).text;
  const auto process = integerOf(event.get(Field::kProcess));
  const Value label = event.get(Field::kLabel);
  if (!process || !label) return;
  std::string room;
  if (what == "process_name")
    lanes_.nameProcess(*process, unescaped(label.text, room));
  else if (const auto thread = integerOf(event.get(Field::kThread));
           what == "thread_name" && thread)
    lanes_.nameThread(*process, *thread, unescaped(label.text, room));
}

void EventImporter::addInstant(const Event &event) {
  if (event.get(Field::kName).text == "[memory]")
    addAllocation(event);
  else
    ++notKept_["marks"];
}

void EventImporter::addComplete(const Event &event, Kind kind) {
  if (kind == Kind::kNotKept) {
    ++notKept_[std::string(event.get(Field::kCategory).text)];
    return;
  }
  if (kind == Kind::kUnknown || kind == Kind::kInstant) {
    skip(event.get(Field::kCategory).text);
    return;
  }
  Span span;
  if (!readSpan(event, span)) return;
  ++rows_;
  switch (kind) {
  case Kind::kOp:
  case Kind::kUserScope:
  case Kind::kPython: addOp(event, span, kind); break;
  case Kind::kRuntime:
  case Kind::kDriver: addCall(event, span, kind); break;
  case Kind::kKernel: addKernel(event, span); break;
  case Kind::kMemcpy: addMemcpy(event, span); break;
  case Kind::kMemset: addMemset(event, span); break;
  case Kind::kSync: addSync(event, span); break;
  case Kind::kOverhead: addOverhead(event, span); break;
  default: addEventRecord(event, span); break;
  }
}

void EventImporter::addOp(const Event &event, Span span, Kind kind) {
  if (event.has(Field::kRangeKind)) {
    addRange(event, span);
    return;
  }
  OpEvent op;
  op.start = span.start;
  op.duration = span.duration;
  op.lane = threadOf(event);
  const std::string_view name = event.get(Field::kName).text;
  op.name = names_.text(name);
  op.sequence = numberOr<std::int64_t>(event, Field::kSequence, -1);
  op.forwardThread = numberOr<std::uint32_t>(event, Field::kForwardThread, 0);
  // Before 2021 torch.profiler gave its steps the category of operators.
  if (kind == Kind::kUserScope || name.starts_with("ProfilerStep#")) {
    op.scope = OpScope::kUserScope;
  } else if (kind == Kind::kPython) {
    op.scope = OpScope::kOther;
    op.location = names_.pythonFunction(name);
  } else if (op.forwardThread != 0 && !name.starts_with("autograd::") &&
             !name.starts_with("aten::")) {
    op.scope = OpScope::kBackwardFunction; // only those know the thread of their forward
  }
  if (const Value stack = event.get(Field::kCallStack); stack && !stack.text.empty()) {
    const Names::PythonStack found = names_.callStack(stack.text);
    op.stack = found.stack;
    op.location = found.location;
  }
  sink_.add(op);
}

// As exportKineto() writes NVTX ranges, which Kineto itself does not know.
void EventImporter::addRange(const Event &event, Span span) {
  RangeEvent range;
  range.start = span.start;
  range.duration = span.duration;
  range.lane = threadOf(event);
  range.name = names_.text(event.get(Field::kName).text);
  range.kind = static_cast<RangeKind>(
      std::clamp<std::int64_t>(numberOr<std::int64_t>(event, Field::kRangeKind, 1), 1, 3));
  range.domain = names_.text(event.get(Field::kRangeDomain).text);
  range.category = numberOr<std::uint32_t>(event, Field::kRangeCategory, 0);
  range.color = numberOr<std::uint32_t>(event, Field::kRangeColor, 0);
  if (const Value payload = event.get(Field::kRangePayload); payload) {
    const bool real = payload.text.find_first_of(".en") != std::string_view::npos;
    range.payloadKind = real ? PayloadKind::kReal : PayloadKind::kInteger;
    if (real)
      std::from_chars(payload.text.data(), payload.text.data() + payload.text.size(),
                      range.payloadReal);
    else
      range.payloadInteger = integerOf(payload).value_or(0);
  }
  sink_.add(range);
}

void EventImporter::addCall(const Event &event, Span span, Kind kind) {
  ApiEvent call;
  call.start = span.start;
  call.duration = span.duration;
  call.lane = threadOf(event);
  const std::string_view text = event.get(Field::kName).text;
  const CallName name = names_.call(text);
  call.name = name.name;
  call.domain = kind == Kind::kDriver ? 2 : 1;
  call.cbid = numberOr<std::uint32_t>(event, Field::kCallback, 0);
  call.correlation = correlationOf(event);
  call.status = numberOr<std::int32_t>(event, Field::kStatus, 0);
  if (text.starts_with("hip")) ++hipCalls_;
  lanes_.countCall(call.lane);
  link(event, span, FlowLinks::Call{call, name.role}, call.correlation);
}

void EventImporter::addKernel(const Event &event, Span span) {
  KernelEvent kernel;
  kernel.start = span.start;
  kernel.duration = span.duration;
  kernel.lane = streamOf(event);
  kernel.name = names_.text(event.get(Field::kName).text);
  kernel.correlation = correlationOf(event);
  std::int64_t grid[3] = {}, block[3] = {};
  readTriple(event.get(Field::kGrid), grid);
  readTriple(event.get(Field::kBlock), block);
  kernel.gridX = clamped<std::uint32_t>(grid[0]);
  kernel.gridY = clamped<std::uint32_t>(grid[1]);
  kernel.gridZ = clamped<std::uint32_t>(grid[2]);
  kernel.blockX = clamped<std::uint16_t>(block[0]);
  kernel.blockY = clamped<std::uint16_t>(block[1]);
  kernel.blockZ = clamped<std::uint16_t>(block[2]);
  kernel.registers = clamped<std::uint16_t>(numberOr<std::int64_t>(event, Field::kRegisters, 0));
  // Kineto adds static and dynamic shared memory up.
  const auto shared = numberOr<std::int64_t>(event, Field::kSharedMemory, 0);
  kernel.staticShared =
      clamped<std::uint32_t>(numberOr<std::int64_t>(event, Field::kStaticShared, 0));
  kernel.dynamicShared =
      clamped<std::uint32_t>(clamped<std::uint32_t>(shared) - std::int64_t{kernel.staticShared});
  kernel.graph = numberOr<std::uint32_t>(event, Field::kGraph, 0);
  kernel.graphNode = numberOr<std::uint64_t>(event, Field::kGraphNode, 0);
  ++deviceEvents_;
  link(event, span, kernel, kernel.correlation);
}

void EventImporter::addMemcpy(const Event &event, Span span) {
  MemcpyEvent copy;
  copy.start = span.start;
  copy.duration = span.duration;
  copy.lane = streamOf(event);
  const std::string_view name = event.get(Field::kName).text;
  copy.name = names_.text(name);
  const CopyName kinds = names_.copy(name);
  copy.copyKind = kinds.copyKind;
  copy.sourceKind = kinds.sourceKind;
  copy.destinationKind = kinds.destinationKind;
  copy.correlation = correlationOf(event);
  copy.bytes = clamped<std::uint64_t>(numberOr<std::int64_t>(event, Field::kBytes, 0));
  copy.graph = numberOr<std::uint32_t>(event, Field::kGraph, 0);
  copy.graphNode = numberOr<std::uint64_t>(event, Field::kGraphNode, 0);
  ++deviceEvents_;
  link(event, span, copy, copy.correlation);
}

void EventImporter::addMemset(const Event &event, Span span) {
  MemsetEvent fill;
  fill.start = span.start;
  fill.duration = span.duration;
  fill.lane = streamOf(event);
  const std::string_view name = event.get(Field::kName).text;
  fill.name = names_.text(name);
  fill.memoryKind = name.find("(Device)") != std::string_view::npos     ? 3
                    : name.find("(Pinned)") != std::string_view::npos   ? 2
                    : name.find("(Pageable)") != std::string_view::npos ? 1
                    : name.find("(Managed)") != std::string_view::npos  ? 5
                                                                        : 0;
  fill.correlation = correlationOf(event);
  fill.bytes = clamped<std::uint64_t>(numberOr<std::int64_t>(event, Field::kBytes, 0));
  fill.value = numberOr<std::uint32_t>(event, Field::kValue, 0);
  fill.graph = numberOr<std::uint32_t>(event, Field::kGraph, 0);
  fill.graphNode = numberOr<std::uint64_t>(event, Field::kGraphNode, 0);
  ++deviceEvents_;
  link(event, span, fill, fill.correlation);
}

void EventImporter::addSync(const Event &event, Span span) {
  SyncEvent sync;
  sync.start = span.start;
  sync.duration = span.duration;
  const Value kind =
      event.has(Field::kSyncKind) ? event.get(Field::kSyncKind) : event.get(Field::kName);
  sync.name = names_.text(kind.text);
  sync.kind = kind.text.starts_with("Stream Wait") ? 2
              : kind.text.starts_with("Stream")    ? 3
              : kind.text.starts_with("Context")   ? 4
                                                   : 1;
  const auto device = numberOr<std::int64_t>(event, Field::kDevice, 0);
  const auto context = numberOr<std::int64_t>(event, Field::kContext, 0);
  const auto none = [](std::int64_t stream) { return stream < 0 || stream >= UINT32_MAX; };
  if (const auto stream = numberOr<std::int64_t>(event, Field::kStream, -1); !none(stream))
    sync.stream = lanes_.stream(device, context, stream);
  sync.event = numberOr<std::uint32_t>(event, Field::kWaitOnEvent, 0);
  sync.correlation = correlationOf(event);
  const auto record = numberOr<std::int64_t>(event, Field::kWaitOnRecord, 0);
  if (record > 0) { // Kineto found the record already: the call's correlation id joins them
    sync.eventSync = static_cast<std::uint64_t>(record);
    const auto stream = numberOr<std::int64_t>(event, Field::kWaitOnStream, -1);
    if (!none(stream) && recordedEvents_.size() < kMostRecordedEvents &&
        recordedEvents_.emplace(record, sync.event).second) {
      EventRecordEvent made;
      made.lane = lanes_.stream(device, context, stream);
      made.event = sync.event;
      made.eventSync = sync.eventSync;
      made.correlation = static_cast<std::uint32_t>(record);
      sink_.add(made);
    }
  }
  links_.addSync(sync);
}

void EventImporter::addEventRecord(const Event &event, Span span) {
  EventRecordEvent record;
  record.start = span.start;
  record.lane = streamOf(event);
  record.event = numberOr<std::uint32_t>(event, Field::kEvent, 0);
  record.correlation = correlationOf(event);
  record.eventSync = record.correlation;
  if (recordedEvents_.size() >= kMostRecordedEvents ||
      recordedEvents_.emplace(record.correlation, record.event).second)
    sink_.add(record);
}

// Kineto names them and puts them on no thread.
void EventImporter::addOverhead(const Event &event, Span span) {
  constexpr std::pair<std::string_view, std::uint32_t> kKinds[] = {
      {"Driver Compiler", 1},
      {"Buffer Flush", 1u << 16},
      {"Instrumentation", 2u << 16},
      {"Resource", 3u << 16},
      {"Runtime Triggered Module Loading", 4u << 16},
      {"Lazy Function Loading", 5u << 16},
      {"Command Buffer Full", 6u << 16},
      {"Activity Buffer Request", 7u << 16}};
  OverheadEvent overhead;
  overhead.start = span.start;
  overhead.duration = span.duration;
  const std::string_view name = event.get(Field::kName).text;
  overhead.name = names_.text(name);
  const auto *kind =
      std::ranges::find(kKinds, name, &std::pair<std::string_view, std::uint32_t>::first);
  if (kind != std::end(kKinds)) overhead.kind = kind->second;
  sink_.add(overhead);
}

void EventImporter::addAllocation(const Event &event) {
  Span span;
  const auto bytes = integerOf(event.get(Field::kMemoryBytes));
  if (!bytes || *bytes == INT64_MIN || !readSpan(event, span)) return;
  AllocationEvent row;
  row.start = span.start;
  row.lane = threadOf(event);
  row.action = *bytes < 0 ? AllocationAction::kFree : AllocationAction::kAllocate;
  row.bytes = std::abs(*bytes);
  const auto type = numberOr<std::int64_t>(event, Field::kDeviceType, 0); // c10::DeviceType
  row.allocator = type == 0 ? Allocator::kTorchCpu : Allocator::kTorchCuda;
  if (event.has(Field::kAllocator))
    row.allocator = static_cast<Allocator>(
        std::clamp<std::int64_t>(numberOr<std::int64_t>(event, Field::kAllocator, 1), 1, 7));
  if (event.has(Field::kAction))
    row.action = static_cast<AllocationAction>(
        std::clamp<std::int64_t>(numberOr<std::int64_t>(event, Field::kAction, 1), 1, 6));
  if (type != 0)
    row.device = lanes_.device(
        std::max<std::int64_t>(numberOr<std::int64_t>(event, Field::kDeviceId, 0), 0));
  row.address = numberOr<std::uint64_t>(event, Field::kAddress, 0);
  row.totalAllocated = numberOr<std::int64_t>(event, Field::kTotalAllocated, -1);
  row.totalReserved = numberOr<std::int64_t>(event, Field::kTotalReserved, -1);
  ++rows_;
  sink_.add(row);
}

void EventImporter::finish(std::int32_t rank) {
  flows_.settle();
  links_.settle();
  lanes_.emit(sink_, first_, last_, rank);
  reportCounts();
}

void EventImporter::reportCounts() {
  const auto listed = [](const auto &counts) {
    std::string text;
    for (const auto &[what, count] : counts)
      text += (text.empty() ? "" : ", ") + std::to_string(count) + " " +
              (what.empty() ? std::string("without category") : what);
    return text;
  };
  const auto total = [](const auto &counts) {
    std::int64_t sum = 0;
    for (const auto &[what, count] : counts) sum += count;
    return sum;
  };
  reportQuality(sink_, "import_unknown_categories", total(skipped_), listed(skipped_));
  reportQuality(sink_, "import_not_kept", total(notKept_), listed(notKept_));
  reportQuality(sink_, "import_no_time", withoutTime_);
  const CallLinks::Counts &links = links_.counts();
  reportQuality(sink_, "import_orphans", links.orphans);
  reportQuality(sink_, "import_duplicate_correlation", links.duplicateCalls);
  reportQuality(sink_, "import_ids_from_flows", flows_.found());
  if (links.syncRecords == 0) reportQuality(sink_, "import_syncs_from_calls", links.syncsFromCalls);
  reportQuality(sink_, "import_hip", hipCalls_);
}

} // namespace hotloop::kineto
