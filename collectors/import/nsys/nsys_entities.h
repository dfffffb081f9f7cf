#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collectors/import/nsys/nsys_schema.h"
#include "core/trace/trace_sink.h"

namespace hotloop::nsys {

// nsys packs <hardware:8><VM:8><process:24><thread:24> into 64 bits.
constexpr std::uint32_t processOf(std::int64_t globalId) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(globalId) >> 24 & 0xffffff);
}
constexpr std::uint32_t threadOf(std::int64_t globalId) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(globalId) & 0xffffff);
}

// What events refer to: texts, processes, threads, devices, streams, native call stacks. Ids are
// given out when met; emit() writes the rows.
class Entities {
public:
  Entities(Database &database, const Schema &schema, TraceSink &sink)
      : database_(database), schema_(schema), sink_(sink) {}

  // Reads the tables that name things.
  Result<void> read();
  void emit(Nanoseconds start, Nanoseconds end);

  StringId text(std::int64_t id) const; // of StringIds; 0 unknown
  std::string_view plain(std::int64_t id) const;
  ThreadId thread(std::int64_t globalTid);
  StreamId stream(std::int64_t globalPid, std::int64_t device, std::int64_t context,
                  std::int64_t stream);
  DeviceId device(std::uint32_t process, std::int64_t cudaDevice);
  StackId stack(std::int64_t callchain) const;
  std::int64_t deviceCount() const { return static_cast<std::int64_t>(devices_.size()); }

private:
  struct Stream {
    std::uint32_t process = 0;
    DeviceId device;
    std::int64_t context = 0;
    std::int64_t stream = 0;
    auto operator<=>(const Stream &) const = default;
  };

  Result<void> readStrings();
  Result<void> readNames();
  Result<void> readDevices();
  Result<void> readStreams();
  Result<void> readCallchains();
  ProcessId process(std::uint32_t osPid);

  Database &database_;
  const Schema &schema_;
  TraceSink &sink_;
  std::unordered_map<std::int64_t, StringId> strings_;
  std::unordered_map<std::int64_t, std::string> plain_; // short texts, to be looked into
  std::map<std::uint32_t, StringId> processNames_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, StringId> threadNames_;
  std::map<std::pair<std::uint32_t, std::int64_t>, std::int64_t> gpuOfDevice_; // pid, CUDA's number
  std::map<std::int64_t, DeviceRow> gpus_;
  std::map<std::pair<std::uint32_t, std::int64_t>, std::int32_t> priorities_; // pid, stream

  std::vector<std::uint32_t> processes_;
  std::map<std::uint32_t, ProcessId> processIds_;
  std::vector<std::int64_t> threads_;
  std::unordered_map<std::int64_t, ThreadId> threadIds_;
  std::vector<DeviceRow> devices_;
  std::map<std::int64_t, DeviceId> deviceIds_; // by GPU
  std::vector<Stream> streams_;
  std::map<Stream, StreamId> streamIds_;
  Stream lastStream_;
  StreamId lastStreamId_;
  std::unordered_map<std::int64_t, StackId> stacks_;
};

} // namespace hotloop::nsys
