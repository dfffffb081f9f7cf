#pragma once

#include <string_view>

// Keys of the `meta` table, each once. Values are text; numbers in decimal. A key that is absent
// was not known. docs/trace_format.md repeats this list.
namespace hotloop::meta_key {

inline constexpr std::string_view kState = "state"; // running | clean | truncated
inline constexpr std::string_view kToolVersion = "tool_version";
inline constexpr std::string_view kSource = "source";   // record | make_run | import:<format>
inline constexpr std::string_view kCommand = "command"; // shell-quoted
inline constexpr std::string_view kWorkingDirectory = "working_directory";
inline constexpr std::string_view kHost = "host";
inline constexpr std::string_view kBootId = "boot_id";
inline constexpr std::string_view kRecorderPid = "recorder_pid"; // of the process that writes
inline constexpr std::string_view kRecorderStart =
    "recorder_start"; // its start time, clock ticks since boot
inline constexpr std::string_view kStartRealtime = "start_realtime";   // ns since 1970
inline constexpr std::string_view kStartMonotonic = "start_monotonic"; // ns
inline constexpr std::string_view kEndMonotonic = "end_monotonic";     // ns
inline constexpr std::string_view kExitStatus =
    "exit_status"; // of the program: code, or 128+signal
inline constexpr std::string_view kEnvironment = "environment"; // NAME=value lines, a fixed subset
inline constexpr std::string_view kCpuModel = "cpu_model";
inline constexpr std::string_view kCpuCount = "cpu_count";
inline constexpr std::string_view kTorchVersion = "torch_version";
inline constexpr std::string_view kTorchAttachment =
    "torch_attachment"; // plugin | replica | none: reason
inline constexpr std::string_view kPythonVersion = "python_version";
inline constexpr std::string_view kCudaVersion = "cuda_version";
inline constexpr std::string_view kDriverVersion = "driver_version";
inline constexpr std::string_view kCuptiVersion = "cupti_version";
inline constexpr std::string_view kCuptiAttachment = "cupti_attachment"; // attached | none: reason
inline constexpr std::string_view kWindowStart = "window_start";         // ns
inline constexpr std::string_view kWindowEnd = "window_end";             // ns
inline constexpr std::string_view kStepTimeUnprofiled = "t0_ns"; // T0, step time without profiling
inline constexpr std::string_view kRecorderCpu = "recorder_cpu_ns"; // CPU time of the recorder
inline constexpr std::string_view kRecorderPeakMemory = "recorder_peak_bytes";
inline constexpr std::string_view kDroppedRecords = "dropped_records";
inline constexpr std::string_view kSeed = "seed"; // make_run

// Every key with what its value means, in this order, for docs/trace_format.md.
struct MetaKeyInfo {
  std::string_view key;
  std::string_view meaning;
};
inline constexpr MetaKeyInfo kAll[] = {
    {kState, "running, clean, or truncated (the recorder ended before the run did)"},
    {kToolVersion, "version of hotloop that wrote the file"},
    {kSource, "record, make_run, or import:<format>"},
    {kCommand, "the recorded command, shell-quoted"},
    {kWorkingDirectory, "folder that the command was started in"},
    {kHost, "name of the machine"},
    {kBootId, "boot of that machine; with the next two it identifies the writing process"},
    {kRecorderPid, "process id of the writer"},
    {kRecorderStart, "start of the writer, clock ticks since boot"},
    {kStartRealtime, "start of the run, ns since 1970"},
    {kStartMonotonic, "the same moment on the run's clock, ns"},
    {kEndMonotonic, "end of the run, ns"},
    {kExitStatus, "exit code of the command, or 128 + signal"},
    {kEnvironment, "environment variables that matter, NAME=value lines"},
    {kCpuModel, "model name of the processor"},
    {kCpuCount, "processors the program could use"},
    {kTorchVersion, "version of PyTorch in the program"},
    {kTorchAttachment, "how its operators were recorded: plugin, replica, or none: reason"},
    {kPythonVersion, "version of CPython in the program"},
    {kCudaVersion, "version of the CUDA runtime in the program"},
    {kDriverVersion, "version of the CUDA driver"},
    {kCuptiVersion, "version of CUPTI"},
    {kCuptiAttachment, "how CUDA was recorded: attached, or none: reason"},
    {kWindowStart, "when the window that was asked for was opened, for the last time, ns"},
    {kWindowEnd, "when it was closed, for the last time, ns"},
    {kStepTimeUnprofiled, "step time without profiling, ns"},
    {kRecorderCpu, "CPU time of the recorder, ns"},
    {kRecorderPeakMemory, "largest memory of the recorder, bytes"},
    {kDroppedRecords, "records lost because the recorder could not keep up"},
    {kSeed, "seed of a made run"},
};

} // namespace hotloop::meta_key
