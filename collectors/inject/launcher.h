#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "collectors/inject/recorder.h"
#include "core/base/result.h"

namespace hotloop {

// What the program gets in its environment, on top of the caller's own.
struct Injection {
  std::string library;    // libhotloop.so, absolute
  std::string liveFolder; // absolute
  std::string cuptiHint;  // findCupti()
};

// The caller's environment with the injection: LD_PRELOAD is extended; NVTX_INJECTION64_PATH and
// CUDA_INJECTION64_PATH are set only where the user has none.
std::vector<std::string> injectedEnvironment(const RecordOptions &options,
                                             const Injection &injection);

// Whether the program could be started, as far as can be told without doing so. Errors: not found
// (kNotFound), not executable (kPermission).
Result<void> checkProgram(const std::string &program);

// Starts the program as a child with this environment and returns its pid once it runs;
// ignoreChildSignal: with SIGCHLD ignored, as the caller was started. Errors: as checkProgram, no
// more processes.
Result<pid_t> launch(const std::vector<std::string> &command,
                     const std::vector<std::string> &environment, bool ignoreChildSignal);

} // namespace hotloop
