#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"

namespace hotloop {

enum class WaitFor { kPrimary, kAll }; // whom `record` waits for: the program, or all it started
// kNeeded: at syncs, blocking copies, allocations and graph instantiation. kLaunches: at kernel
// launches too, a sample of them.
enum class StackPolicy { kOff, kNeeded, kLaunches };
// CUDA graphs as a whole; their kernels too; also every call of the runtime and the driver.
enum class CudaDetailLevel { kGraph, kKernel, kAll };

// The part of the run that is recorded; beyond it only the marks of steps are.
struct RecordWindow {
  std::optional<std::pair<std::int64_t, std::int64_t>> steps; // from, to (not included); -1 no end
  std::int64_t delayMs = 0;                                   // since each process began
  std::int64_t durationMs = 0;                                // 0: to the end
  std::string range; // NVTX range during which is recorded; empty: any time
  bool any() const { return steps || delayMs > 0 || durationMs > 0 || !range.empty(); }
};

struct RecordOptions {
  std::vector<std::string> command; // program and arguments, not empty
  std::string output;               // path of the run file
  bool overwrite = false;
  WaitFor wait = WaitFor::kAll;
  StackPolicy stacks = StackPolicy::kNeeded;
  bool operators = true; // LibTorch operators and allocations
  bool nvtx = true;
  bool pythonFrames = true;
  bool cuda = true;
  CudaDetailLevel detail = CudaDetailLevel::kKernel;
  RecordWindow window;
  std::optional<Nanoseconds> stepTime; // T0 as it was measured without recording
  std::string rawFolder;               // takes CUPTI's buffers as they come; empty: not kept
  std::string injectLibrary; // path of libhotloop.so; empty: beside or near this executable
};

struct RecordOutcome {
  int exitStatus = 0;        // exit code of the program, or 128 + signal
  int terminatingSignal = 0; // 0 when it exited
  std::uint64_t events = 0;
  std::uint64_t dropped = 0;
  std::uint32_t processes = 0; // that recorded something
  double seconds = 0;          // of the program
  std::string
      storeFailure; // why the run file lacks what came later (disk full); empty: it is whole
};

// Runs the program with libhotloop.so injected and writes the run file: starts it, drains its
// rings, passes signals on, waits, symbolises, finalises. The program's standard streams, exit
// code, working folder and environment (but for the HOTLOOP_*, LD_PRELOAD and *_INJECTION64_PATH
// entries) are its own. Errors: program not found (kNotFound) or not executable (kPermission),
// output not writable, no library. One call at a time in a process: it installs signal handlers for
// its duration.
Result<RecordOutcome> record(const RecordOptions &options);

// libhotloop.so as record() would find it, or an error that names the places looked at.
Result<std::string> findInjectLibrary();

} // namespace hotloop
