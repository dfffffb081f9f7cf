#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "collectors/inject/live_folder.h"
#include "collectors/inject/record_decoder.h"
#include "core/ring/region_reader.h"

namespace hotloop {

// Follows a live folder: finds the regions of new processes, drains them into the sink, notices
// their end, gives their memory back. Owns all of the run's decoding state. One thread.
class LiveSession {
public:
  LiveSession(const LiveFolder &folder, TraceSink &sink, const ClockReading &start);

  // One round over all regions; returns the bytes drained. Cheap when nothing happened.
  std::size_t poll();
  // A process that was waited for, with its status as waitpid() gave it.
  void processEnded(std::uint32_t pid, int waitStatus);
  // Last round, over what live and dead processes left; then the quality rows. Call once.
  void finish();

  // The step time was measured already: what marks tell does not replace it.
  void stepTimeIsKnown() { stepTimeKnown_ = true; }
  // Whether a window that was asked for was ever opened, in any process.
  bool windowOpened() const { return context_.windowStart.count != 0; }

  CallSites &callSites() { return callSites_; }
  std::uint64_t events() const { return context_.events; }
  std::uint64_t dropped() const { return dropped_; }
  std::uint32_t processes() const { return lastProcess_; }

private:
  using Clock = std::chrono::steady_clock;
  struct Process {
    std::unique_ptr<ring::RegionReader> region;
    std::unique_ptr<RecordDecoder> decoder;
    ProcessRow row;
    std::string file;                    // name in the live folder
    std::string birth;                   // start time as /proc tells it; empty unknown
    std::vector<std::uint64_t> reported; // counters
    std::uint64_t reportedDamage = 0;
    bool over = false;  // nothing more comes
    bool known = false; // its exit status is
  };

  void findRegions();
  void openRegion(const std::string &name);
  void updateClocks();
  void lookForDead();
  void close(Process &process);
  void findParent(Process &process);
  void reportCounters(Process &process);
  void tellStepTime();
  void report(std::string_view name, std::int64_t total, std::int64_t &told);

  const LiveFolder &folder_;
  TraceSink &sink_;
  ClockReading start_;
  ClockMap clocks_;
  CallSites callSites_;
  DecodeContext context_;
  std::uint32_t lastProcess_ = 0;
  std::uint64_t dropped_ = 0;
  std::vector<std::unique_ptr<Process>> open_;
  std::set<std::string> refused_;            // files that are no regions of ours, markers
  std::map<std::uint32_t, ProcessId> byPid_; // the latest of each pid
  struct Ended {
    int waitStatus;
    std::uint64_t round;
  };
  std::unordered_map<std::uint32_t, Ended> ended_; // came before the region was seen
  std::uint64_t round_ = 0;
  Clock::time_point lastLook_{}, lastReport_{};
  bool folderLost_ = false;
  bool stepTimeKnown_ = false;
  bool profilerSeen_ = false;
  std::int64_t toldUnknown_ = 0, toldDamaged_ = 0, toldJumps_ = 0, toldRefused_ = 0,
               toldRanges_ = 0;
};

} // namespace hotloop
