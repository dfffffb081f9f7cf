#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace hotloop {

enum class WaitFor { kPrimary, kAll };    // whom `record` waits for: the program, or all it started
enum class StackPolicy { kOff, kNeeded }; // kNeeded: at would-be syncs and allocations

struct RecordOptions {
  std::vector<std::string> command; // program and arguments, not empty
  std::string output;               // path of the run file
  bool overwrite = false;
  WaitFor wait = WaitFor::kAll;
  StackPolicy stacks = StackPolicy::kNeeded;
  bool operators = true; // LibTorch operators and allocations
  bool nvtx = true;
  bool pythonFrames = true;
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
