#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/trace/trace_sink.h"

namespace hotloop::kineto {

// Processes, threads, devices and streams as events name them, in the order in which they are met.
// Rows are written by emit(), when their names are known.
class Lanes {
public:
  ThreadId thread(std::int64_t process, std::int64_t thread);
  StreamId stream(std::int64_t device, std::int64_t context, std::int64_t stream);
  DeviceId device(std::int64_t ordinal);

  // Facts that come at any place of the file. The row's id and ordinal are set here.
  void describeDevice(std::int64_t ordinal, const DeviceRow &facts);
  void nameThread(std::int64_t process, std::int64_t thread, std::string_view name);
  void nameProcess(std::int64_t process, std::string_view name);
  void countCall(ThreadId thread) { ++threads_[thread.value - 1].cudaCalls; }

  // A process of its own for device work; the one that made most CUDA calls, else the first.
  void emit(TraceSink &sink, Nanoseconds start, Nanoseconds end, std::int32_t rank);

  std::size_t threadCount() const { return threads_.size(); }
  std::size_t deviceCount() const { return devices_.size(); }
  std::size_t processCount() const { return processes_.size(); }

private:
  struct Thread {
    std::int64_t process = 0;
    std::int64_t thread = 0;
    std::int64_t cudaCalls = 0;
  };
  struct Stream {
    DeviceId device;
    std::int64_t context = 0;
    std::int64_t stream = 0;
  };
  using Pair = std::pair<std::int64_t, std::int64_t>;

  ProcessId processOf(std::int64_t osPid);
  ProcessId deviceOwner() const;

  std::vector<Thread> threads_;
  std::map<Pair, ThreadId> threadIds_;
  Pair lastThreadKey_{};
  ThreadId lastThread_;

  std::vector<Stream> streams_;
  std::map<std::pair<std::int64_t, Pair>, StreamId> streamIds_;
  std::pair<std::int64_t, Pair> lastStreamKey_{};
  StreamId lastStream_;

  std::vector<std::int64_t> processes_;
  std::map<std::int64_t, ProcessId> processIds_;
  std::vector<DeviceRow> devices_;
  std::map<std::int64_t, DeviceId> deviceIds_;
  std::map<std::int64_t, DeviceRow> deviceFacts_;
  std::map<Pair, std::string> threadNames_;
  std::map<std::int64_t, std::string> processNames_;
};

} // namespace hotloop::kineto
