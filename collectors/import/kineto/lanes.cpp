#include "collectors/import/kineto/lanes.h"

#include <algorithm>

namespace hotloop::kineto {

namespace {

// Names are for people; more of them than this is damage.
constexpr std::size_t kMostNames = 100'000;

} // namespace

ProcessId Lanes::processOf(std::int64_t osPid) {
  const auto [known, isNew] = processIds_.try_emplace(osPid);
  if (isNew) {
    processes_.push_back(osPid);
    known->second = ProcessId(static_cast<std::uint32_t>(processes_.size()));
  }
  return known->second;
}

ThreadId Lanes::thread(std::int64_t process, std::int64_t thread) {
  const Pair key(process, thread);
  if (lastThread_ && key == lastThreadKey_) return lastThread_;
  const auto [known, isNew] = threadIds_.try_emplace(key);
  if (isNew) {
    processOf(process);
    threads_.push_back({process, thread, 0});
    known->second = ThreadId(static_cast<std::uint32_t>(threads_.size()));
  }
  lastThreadKey_ = key;
  return lastThread_ = known->second;
}

DeviceId Lanes::device(std::int64_t ordinal) {
  const auto [known, isNew] = deviceIds_.try_emplace(ordinal);
  if (isNew) {
    DeviceRow row;
    if (const auto facts = deviceFacts_.find(ordinal); facts != deviceFacts_.end())
      row = facts->second;
    row.id = DeviceId(static_cast<std::uint32_t>(devices_.size() + 1));
    row.ordinal = static_cast<std::uint32_t>(ordinal);
    devices_.push_back(row);
    known->second = row.id;
  }
  return known->second;
}

StreamId Lanes::stream(std::int64_t device, std::int64_t context, std::int64_t stream) {
  const std::pair key(device, Pair(context, stream));
  if (lastStream_ && key == lastStreamKey_) return lastStream_;
  const auto [known, isNew] = streamIds_.try_emplace(key);
  if (isNew) {
    streams_.push_back({this->device(device), context, stream});
    known->second = StreamId(static_cast<std::uint32_t>(streams_.size()));
  }
  lastStreamKey_ = key;
  return lastStream_ = known->second;
}

void Lanes::describeDevice(std::int64_t ordinal, const DeviceRow &facts) {
  if (deviceFacts_.size() >= kMostNames) return;
  deviceFacts_[ordinal] = facts;
  const auto known = deviceIds_.find(ordinal);
  if (known == deviceIds_.end()) return;
  DeviceRow &row = devices_[known->second.value - 1];
  const DeviceRow named = row;
  row = facts;
  row.id = named.id;
  row.ordinal = named.ordinal;
}

void Lanes::nameThread(std::int64_t process, std::int64_t thread, std::string_view name) {
  if (threadNames_.size() < kMostNames) threadNames_[{process, thread}] = name;
}

void Lanes::nameProcess(std::int64_t process, std::string_view name) {
  if (processNames_.size() < kMostNames) processNames_[process] = name;
}

ProcessId Lanes::deviceOwner() const {
  if (processes_.empty()) return {};
  std::map<std::int64_t, std::int64_t> calls;
  for (const Thread &thread : threads_) calls[thread.process] += thread.cudaCalls;
  std::int64_t owner = processes_.front();
  for (const std::int64_t process : processes_)
    if (calls[process] > calls[owner]) owner = process;
  return processIds_.at(owner);
}

void Lanes::emit(TraceSink &sink, Nanoseconds start, Nanoseconds end, std::int32_t rank) {
  if (processes_.empty() && !streams_.empty()) processOf(0);
  for (std::size_t i = 0; i < processes_.size(); ++i) {
    ProcessRow row;
    row.id = ProcessId(static_cast<std::uint32_t>(i + 1));
    row.osPid = static_cast<std::uint32_t>(processes_[i]);
    row.start = start;
    row.end = end;
    if (const auto name = processNames_.find(processes_[i]); name != processNames_.end())
      row.name = sink.intern(name->second);
    row.exitStatus = -1;
    row.rank = rank;
    sink.add(row);
  }
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    ThreadRow row;
    row.id = ThreadId(static_cast<std::uint32_t>(i + 1));
    row.process = processIds_.at(threads_[i].process);
    row.osTid = static_cast<std::uint32_t>(threads_[i].thread);
    const auto name = threadNames_.find({threads_[i].process, threads_[i].thread});
    if (name != threadNames_.end()) row.name = sink.intern(name->second);
    sink.add(row);
  }
  for (const DeviceRow &row : devices_) sink.add(row);
  const ProcessId owner = deviceOwner();
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    StreamRow row;
    row.id = StreamId(static_cast<std::uint32_t>(i + 1));
    row.process = owner;
    row.device = streams_[i].device;
    row.context = static_cast<std::uint32_t>(streams_[i].context);
    row.cudaStream = static_cast<std::uint32_t>(streams_[i].stream);
    sink.add(row);
  }
}

} // namespace hotloop::kineto
