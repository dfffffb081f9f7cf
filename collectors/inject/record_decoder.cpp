#include "collectors/inject/record_decoder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "core/metrics/quality.h"
#include "core/metrics/step_names.h"
#include "core/trace/meta_keys.h"

namespace hotloop {
namespace {

using ring::RecordType;

// A thread forgets its definitions after kForgetAfter; a few more come with the event at hand.
constexpr std::size_t kMostDefinitions = ring::kForgetAfter + 8192;
constexpr std::size_t kMostThreads = 100'000;
constexpr std::size_t kMostModules = 20'000;
constexpr std::size_t kMostAddresses = 50'000;

std::string_view textAt(const std::byte *at, std::size_t length) {
  return {reinterpret_cast<const char *>(at), length};
}

} // namespace

bool mayTargetSet(std::string_view key) {
  namespace keys = meta_key;
  static constexpr std::array kOurs{
      keys::kState,         keys::kToolVersion,      keys::kSource,
      keys::kCommand,       keys::kWorkingDirectory, keys::kHost,
      keys::kBootId,        keys::kRecorderPid,      keys::kRecorderStart,
      keys::kStartRealtime, keys::kStartMonotonic,   keys::kEndMonotonic,
      keys::kExitStatus,    keys::kEnvironment,      keys::kCpuModel,
      keys::kCpuCount,      keys::kRecorderCpu,      keys::kRecorderPeakMemory,
      keys::kDroppedRecords};
  return !key.empty() && std::find(kOurs.begin(), kOurs.end(), key) == kOurs.end();
}

RecordDecoder::RecordDecoder(DecodeContext &context, ProcessId process,
                             const ring::RegionInfo &info)
    : context_(context), process_(process), clock_(info.clock) {
  firstTime_ = lastTime_ = time(info.startStamp);
}

Nanoseconds RecordDecoder::time(std::uint64_t stamp) const {
  if (clock_ == ring::ClockKind::kTicks) return context_.clocks.fromTicks(stamp);
  return Nanoseconds(static_cast<std::int64_t>(std::min<std::uint64_t>(stamp, INT64_MAX / 2)));
}

RecordDecoder::Thread &RecordDecoder::thread(std::uint32_t ordinal, std::uint32_t osTid) {
  if (lastThread_ && lastOrdinal_ == ordinal) return *lastThread_;
  if (threads_.size() >= kMostThreads) ordinal = 0; // one lane for all the rest
  auto [known, isNew] = threads_.try_emplace(ordinal);
  Thread &thread = known->second;
  if (isNew) {
    thread.osTid = osTid;
    if (const auto told = namesAhead_.find(osTid); told != namesAhead_.end()) {
      thread.name = told->second;
      namesAhead_.erase(told);
    }
  }
  lastOrdinal_ = ordinal;
  lastThread_ = &thread;
  return thread;
}

// A thread without events of its own, such as the one that decodes CUPTI's buffers, is no lane.
ThreadId RecordDecoder::lane(Thread &thread) {
  if (thread.id) return thread.id;
  thread.id = ThreadId(++context_.lastThread);
  lanes_[thread.osTid] = thread.id;
  context_.sink.add(ThreadRow{thread.id, process_, thread.osTid, thread.name});
  return thread.id;
}

ThreadId RecordDecoder::laneOf(std::uint32_t osTid) {
  if (osTid == 0) return {};
  const auto known = lanes_.find(osTid);
  return known == lanes_.end() ? ThreadId() : known->second;
}

void RecordDecoder::records(std::uint32_t threadOrdinal, std::uint32_t osTid,
                            std::span<const std::byte> records) {
  Thread &from = thread(threadOrdinal, osTid);
  for (std::size_t at = 0; at + sizeof(ring::RecordHeader) <= records.size();) {
    ring::RecordHeader header;
    std::memcpy(&header, records.data() + at, sizeof header);
    if (header.bytes < sizeof header || header.bytes > records.size() - at) break;
    decode(from, records.data() + at, header.bytes, header.type);
    at += header.bytes;
  }
}

void RecordDecoder::decode(Thread &thread, const std::byte *record, std::size_t bytes,
                           RecordType type) {
  if (static_cast<std::uint16_t>(type) >= static_cast<std::uint16_t>(ring::CudaRecordType::kApi))
    return decodeCuda(thread, record, bytes, static_cast<ring::CudaRecordType>(type));
  switch (type) {
  case RecordType::kString: return onString(thread, record, bytes);
  case RecordType::kPythonFrame: return onPythonFrame(thread, record, bytes);
  case RecordType::kStack: return onStack(thread, record, bytes);
  case RecordType::kModule: return onModule(record, bytes);
  case RecordType::kThreadName: return onThreadName(thread, record, bytes);
  case RecordType::kMeta: return onMeta(record, bytes);
  case RecordType::kForget: return onForget(thread, record, bytes);
  case RecordType::kOp: return onOp(thread, record, bytes);
  case RecordType::kAllocation: return onAllocation(thread, record, bytes);
  case RecordType::kRange: return onRange(thread, record, bytes, false);
  case RecordType::kRangeStart: return onRange(thread, record, bytes, true);
  case RecordType::kRangeEnd: return onRangeEnd(thread, record, bytes);
  case RecordType::kStep: return onStep(thread, record, bytes);
  }
  ++context_.unknownRecords;
}

void RecordDecoder::define(Thread &thread, std::uint32_t id, Kind kind, std::uint32_t value) {
  const std::uint64_t next = std::uint64_t(thread.forgotten) + thread.definitions.size() + 1;
  if (id != next || thread.definitions.size() >= kMostDefinitions) {
    // Not what a producer writes. Go on from here; what was defined before is lost.
    ++context_.damagedRecords;
    if (id == 0) return;
    thread.forgotten = id - 1;
    thread.definitions.clear();
    thread.kept.clear();
  }
  thread.definitions.push_back({value, kind});
}

std::uint32_t RecordDecoder::lookUp(const Thread &thread, std::uint32_t id, Kind kind) {
  if (id == 0) return 0;
  Definition found;
  if (id > thread.forgotten) {
    const std::size_t index = id - thread.forgotten - 1;
    if (index < thread.definitions.size()) found = thread.definitions[index];
  } else if (const auto kept = thread.kept.find(id); kept != thread.kept.end()) {
    found = kept->second;
  }
  if (found.kind != kind) {
    ++context_.damagedRecords;
    return 0;
  }
  return found.value;
}

void RecordDecoder::onString(Thread &thread, const std::byte *record, std::size_t bytes) {
  const auto string = fixedPart<ring::StringRecord>(record, bytes);
  if (!string) return;
  if (string->length > bytes - sizeof(ring::StringRecord)) {
    ++context_.damagedRecords;
    return;
  }
  const auto text = textAt(record + sizeof(ring::StringRecord), string->length);
  const StringId known = context_.sink.intern(text);
  constexpr std::size_t kLongestStepName = 64, kMostStepNames = 100'000;
  std::int64_t number = 0;
  if (text.size() < kLongestStepName && stepNames_.size() < kMostStepNames &&
      isStepName(text, number))
    stepNames_.insert(known.value);
  define(thread, string->id, Kind::kString, known.value);
}

void RecordDecoder::onPythonFrame(Thread &thread, const std::byte *record, std::size_t bytes) {
  const auto frame = fixedPart<ring::PythonFrameRecord>(record, bytes);
  if (!frame) return;
  const FrameId id = context_.callSites.pythonFrame(
      string(thread, frame->function), string(thread, frame->file), frame->line, frame->user != 0);
  define(thread, frame->id, Kind::kFrame, id.value);
}

FrameId RecordDecoder::frameAt(std::uint64_t address) {
  if (const auto known = frames_.find(address); known != frames_.end()) return known->second;
  FrameId id;
  auto after = modules_.upper_bound(address);
  if (after != modules_.begin()) {
    const LoadedModule &module = std::prev(after)->second;
    // A return address may lie one byte past the end of its function, and so of its module.
    if (address <= module.end)
      id = context_.callSites.nativeFrame(module.number, address - module.base);
  }
  if (!id && unsettled_.size() < kMostAddresses) {
    id = context_.callSites.unknownFrame(address);
    unsettled_.emplace(address, id);
  }
  if (frames_.size() < kMostAddresses) frames_.emplace(address, id);
  return id;
}

void RecordDecoder::onStack(Thread &thread, const std::byte *record, std::size_t bytes) {
  const auto stack = fixedPart<ring::StackRecord>(record, bytes);
  if (!stack) return;
  if (bytes < sizeof(ring::StackRecord) + stack->nativeCount * sizeof(std::uint64_t) +
                  stack->pythonCount * sizeof(std::uint32_t)) {
    ++context_.damagedRecords;
    return;
  }
  const std::byte *native = record + sizeof(ring::StackRecord);
  const std::byte *python = native + stack->nativeCount * sizeof(std::uint64_t);
  StackId node;
  for (std::size_t i = stack->pythonCount; i > 0; --i) {
    std::uint32_t id = 0;
    std::memcpy(&id, python + (i - 1) * sizeof id, sizeof id);
    if (const FrameId frame{lookUp(thread, id, Kind::kFrame)})
      node = context_.callSites.child(node, frame);
  }
  for (std::size_t i = stack->nativeCount; i > 0; --i) {
    std::uint64_t address = 0;
    std::memcpy(&address, native + (i - 1) * sizeof address, sizeof address);
    if (const FrameId frame = frameAt(address)) node = context_.callSites.child(node, frame);
  }
  define(thread, stack->id, Kind::kStack, node.value);
}

void RecordDecoder::onModule(const std::byte *record, std::size_t bytes) {
  const auto module = fixedPart<ring::ModuleRecord>(record, bytes);
  if (!module) return;
  const std::size_t room = bytes - sizeof(ring::ModuleRecord);
  if (module->buildIdLength > room || module->pathLength > room - module->buildIdLength ||
      module->begin >= module->end) {
    ++context_.damagedRecords;
    return;
  }
  const auto *build = reinterpret_cast<const std::uint8_t *>(record + sizeof(ring::ModuleRecord));
  const auto path =
      textAt(record + sizeof(ring::ModuleRecord) + module->buildIdLength, module->pathLength);
  const LoadedModule loaded{module->base, module->begin, module->end,
                            context_.callSites.addModule(path, {build, module->buildIdLength})};
  if (const auto same = modules_.find(loaded.begin);
      same != modules_.end() && same->second.number == loaded.number &&
      same->second.end == loaded.end && same->second.base == loaded.base)
    return; // told again by another thread
  if (modules_.size() >= kMostModules) {
    ++context_.damagedRecords;
    return;
  }
  // What lay there before was unloaded.
  auto overlapping = modules_.lower_bound(loaded.begin);
  if (overlapping != modules_.begin() && std::prev(overlapping)->second.end > loaded.begin)
    --overlapping;
  bool replaced = false;
  while (overlapping != modules_.end() && overlapping->second.begin < loaded.end) {
    overlapping = modules_.erase(overlapping);
    replaced = true;
  }
  modules_.emplace(loaded.begin, loaded);
  if (replaced) frames_.clear();
  std::erase_if(unsettled_, [&](const auto &entry) {
    const auto &[address, frame] = entry;
    if (address < loaded.begin || address > loaded.end) return false;
    context_.callSites.settle(frame, loaded.number, address - loaded.base);
    return true;
  });
}

void RecordDecoder::onMeta(const std::byte *record, std::size_t bytes) {
  const auto meta = fixedPart<ring::MetaRecord>(record, bytes);
  if (!meta) return;
  if (std::size_t(meta->keyLength) + meta->valueLength > bytes - sizeof(ring::MetaRecord)) {
    ++context_.damagedRecords;
    return;
  }
  const auto key = textAt(record + sizeof(ring::MetaRecord), meta->keyLength);
  const auto value = textAt(record + sizeof(ring::MetaRecord) + meta->keyLength, meta->valueLength);
  if (mayTargetSet(key)) context_.sink.setMeta(key, value);
  constexpr std::string_view kNone = "none: "; // collectors/torch/attach.cpp
  if (key == meta_key::kTorchAttachment && value.starts_with(kNone)) {
    const bool version = value.find("was not tested") != std::string_view::npos ||
                         value.find("is not a release") != std::string_view::npos;
    reportQuality(context_.sink, version ? "torch_version_unsupported" : "torch_not_attached", 1,
                  value.substr(kNone.size()));
  }
  if (key == meta_key::kWindowStart || key == meta_key::kWindowEnd) {
    std::int64_t at = 0;
    std::from_chars(value.data(), value.data() + value.size(), at);
    (key == meta_key::kWindowStart ? context_.windowStart : context_.windowEnd) = Nanoseconds(at);
  }
  if (key == meta_key::kCuptiAttachment) {
    if (value.starts_with(kNone))
      reportQuality(context_.sink, "cuda_not_recorded", 1, value.substr(kNone.size()));
    else
      context_.cudaRecorded = true;
  }
}

void RecordDecoder::onForget(Thread &thread, const std::byte *record, std::size_t bytes) {
  const auto forget = fixedPart<ring::ForgetRecord>(record, bytes);
  if (!forget) return;
  if (forget->keepCount > (bytes - sizeof(ring::ForgetRecord)) / sizeof(std::uint32_t)) {
    ++context_.damagedRecords;
    return;
  }
  std::map<std::uint32_t, Definition> kept;
  for (std::uint32_t i = 0; i < forget->keepCount; ++i) {
    std::uint32_t id = 0;
    std::memcpy(&id, record + sizeof(ring::ForgetRecord) + i * sizeof id, sizeof id);
    if (id > thread.forgotten && id - thread.forgotten - 1 < thread.definitions.size())
      kept[id] = thread.definitions[id - thread.forgotten - 1];
    else if (const auto before = thread.kept.find(id); before != thread.kept.end())
      kept[id] = before->second;
  }
  thread.kept = std::move(kept);
  thread.forgotten += static_cast<std::uint32_t>(thread.definitions.size());
  thread.definitions.clear();
}

} // namespace hotloop
