#include "collectors/inject/run_facts.h"

#include <array>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

#include "collectors/inject/shell_quote.h"
#include "core/base/time.h"
#include "core/trace/meta_keys.h"

namespace hotloop {
namespace {

// What changes how a program runs and is no secret.
constexpr std::array kVariables{"CUDA_VISIBLE_DEVICES",
                                "CUDA_LAUNCH_BLOCKING",
                                "CUDA_DEVICE_MAX_CONNECTIONS",
                                "CUDA_MODULE_LOADING",
                                "PYTORCH_ALLOC_CONF",
                                "PYTORCH_CUDA_ALLOC_CONF",
                                "PYTORCH_NO_CUDA_MEMORY_CACHING",
                                "TORCH_COMPILE_DISABLE",
                                "TORCHINDUCTOR_MAX_AUTOTUNE",
                                "TORCH_NCCL_BLOCKING_WAIT",
                                "NCCL_DEBUG",
                                "NCCL_ALGO",
                                "NCCL_PROTO",
                                "OMP_NUM_THREADS",
                                "MKL_NUM_THREADS",
                                "OMP_PROC_BIND",
                                "KMP_AFFINITY",
                                "MALLOC_CONF",
                                "PYTHONUNBUFFERED",
                                "PYTHONHASHSEED",
                                "RANK",
                                "LOCAL_RANK",
                                "WORLD_SIZE",
                                "SLURM_JOB_ID"};

std::string cpuModel() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.compare(0, 10, "model name") == 0)
      if (const auto colon = line.find(": "); colon != std::string::npos)
        return line.substr(colon + 2);
  return {};
}

std::string hostName() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "";
}

std::int64_t clockNow(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

} // namespace

void writeStartFacts(TraceSink &sink, const RecordOptions &options) {
  sink.setMeta(meta_key::kSource, "record");
  sink.setMeta(meta_key::kToolVersion, HOTLOOP_VERSION);
  sink.setMeta(meta_key::kCommand, shellQuote(options.command));
  std::error_code error;
  sink.setMeta(meta_key::kWorkingDirectory, std::filesystem::current_path(error).string());
  sink.setMeta(meta_key::kHost, hostName());
  sink.setMeta(meta_key::kStartRealtime, std::to_string(clockNow(CLOCK_REALTIME)));
  sink.setMeta(meta_key::kStartMonotonic, std::to_string(monotonicNow().count));
  sink.setMeta(meta_key::kCpuModel, cpuModel());
  sink.setMeta(meta_key::kCpuCount, std::to_string(std::thread::hardware_concurrency()));
  if (options.stepTime)
    sink.setMeta(meta_key::kStepTimeUnprofiled, std::to_string(options.stepTime->count));
  std::string environment;
  for (const char *name : kVariables)
    if (const char *value = std::getenv(name))
      environment.append(name).append("=").append(value).append("\n");
  sink.setMeta(meta_key::kEnvironment, environment);
}

void writeEndFacts(TraceSink &sink, const RecordOutcome &outcome, std::int64_t endMonotonic) {
  sink.setMeta(meta_key::kExitStatus, std::to_string(outcome.exitStatus));
  sink.setMeta(meta_key::kEndMonotonic, std::to_string(endMonotonic));
  sink.setMeta(meta_key::kDroppedRecords, std::to_string(outcome.dropped));
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return;
  const auto nanoseconds = [](const timeval &time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_usec * 1000;
  };
  sink.setMeta(meta_key::kRecorderCpu,
               std::to_string(nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime)));
  sink.setMeta(meta_key::kRecorderPeakMemory, std::to_string(usage.ru_maxrss * 1024));
}

} // namespace hotloop
