#include "core/metrics/quality.h"

#include <algorithm>
#include <cassert>

namespace hotloop {

namespace {

using enum Severity;

constexpr QualityKind kCatalogue[] = {
    // Lost while recording.
    {"dropped_records", kDataLoss,
     "{} records were dropped because the recorder could not keep up; counts and times are too "
     "low. "
     "Record fewer steps, or switch stacks off"},
    {"lost_records", kDataLoss,
     "{} records could not be read back from shared memory and are missing from every count"},
    {"unknown_records", kDataLoss,
     "{} records of an unknown type were skipped; libhotloop.so and hotloop are of different "
     "versions, install one pair"},
    {"stacks_not_taken", kInfo,
     "{} call stacks were left out to keep the program fast; those events carry their leaf "
     "location "
     "only"},
    {"stack_failures", kNotice,
     "{} call stacks could not be unwound; those events have no native site. Build the program "
     "with "
     "frame tables (-fasynchronous-unwind-tables)"},
    {"no_unwinder", kNotice,
     "{} processes found no libunwind.so.8: no call has a C++ site. Install libunwind8 (hotloop "
     "doctor looks for it)"},
    {"unbalanced_pops", kNotice,
     "{} NVTX pops had no push on their thread and were ignored; check the program's ranges"},
    {"unclosed_ranges", kNotice,
     "{} operators or ranges were still open when their process ended and are missing"},
    {"callback_failures", kDataLoss,
     "{} callbacks of the recorder gave up; the events that they saw are missing"},
    {"python_frames_refused", kNotice,
     "Python frames could not be read {} times; those events have no Python site. Supported are "
     "CPython 3.11, 3.12 and 3.13"},
    {"open_overflow", kDataLoss,
     "{} operators or ranges were nested deeper than the recorder follows and are missing"},
    {"cut_texts", kInfo, "{} texts were too long and were cut"},
    {"no_shared_memory", kError,
     "{} processes or threads found no room in shared memory and recorded nothing; free space in "
     "the "
     "folder for temporary files, or start fewer threads"},
    {"live_folder_lost", kError,
     "The recorder's live folder vanished while recording; what came later is missing. Keep "
     "temporary "
     "files from being cleaned up during a run"},
    {"process_outlived_recording", kNotice,
     "{} processes were still running when the recording ended; what they did later is not in it"},
    {"process_killed", kNotice,
     "{} processes ended without saying goodbye (signal, _exit or abort); their last open "
     "operators "
     "and ranges are missing"},
    {"output_failed", kError,
     "The run file could not be written to its end; it holds what came before the failure"},
    // CUDA.
    {"cuda_not_recorded", kNotice,
     "CUDA was used in {} processes but what it did could not be recorded; everything else was"},
    {"cupti_dropped_records", kDataLoss,
     "CUPTI dropped {} records for want of buffers; counts and times of the device are too low. "
     "Record fewer steps (--window), or with --detail graph"},
    {"unknown_cupti_records", kNotice, "{} records of CUPTI were of a kind that is not read"},
    {"device_work_without_times", kDataLoss,
     "{} kernels, copies or fills had no times, as they had not ended or CUPTI had no room; they "
     "are left out"},
    {"cupti_stopped", kDataLoss,
     "CUPTI stopped by itself after an error; what the device did later is missing"},
    {"window_not_opened", kError,
     "The part of the run that was asked for (--window, --delay, --range) never came, so only "
     "steps "
     "were recorded; steps are counted as hotloop_step_begin or NVTX ranges named step mark them"},
    {"cuda_flush_timeout", kDataLoss,
     "CUPTI did not hand over its last records in time at the end of {} processes (does a kernel "
     "never end?); they are missing"},
    // What the target ran.
    {"torch_profiler_seen", kNotice,
     "torch.profiler was active in the program; times include its cost"},
    {"torch_profiler_blind", kNotice,
     "torch.profiler was active in the program but saw no CUDA events: one tool at a time can use "
     "CUPTI, and hotloop was first. To let it see them, record with --no-cuda"},
    {"torch_version_unsupported", kNotice,
     "This version of PyTorch is not supported for operator records; allocations, NVTX and steps "
     "were recorded"},
    {"torch_not_attached", kNotice,
     "PyTorch was loaded but its operators could not be recorded; only NVTX and steps were"},
    {"symbols_missing", kInfo,
     "{} code addresses have no symbol or line; build with -g, or keep the binaries in place"},
    {"clock_jumps", kNotice,
     "{} readings of the clocks did not fit together; times near them may be off"},
    // Found when the run was read.
    {"truncated_run", kDataLoss,
     "The run was cut off (a signal ended the program, its recorder was killed or the machine "
     "stopped); "
     "the run holds what was stored until then"},
    {"still_running", kNotice, "The recording is still going on; this is what was stored so far"},
    {"negative_durations", kNotice, "{} events end before they begin and were given length zero"},
    {"impossible_times", kDataLoss,
     "{} times are such as no clock has (after 2043, or longer than 104 days) and were set to the "
     "nearest possible or to zero; the file was changed or damaged"},
    {"dangling_references", kNotice,
     "{} references point at rows that are not in the file and were cleared"},
    {"bad_values", kDataLoss,
     "{} values do not fit their column and were read as zero; the file was changed or damaged"},
    {"duplicate_strings", kInfo,
     "{} texts were stored more than once and were merged; nothing is lost"},
    // Found by the analyzers.
    {"no_steps", kError,
     "No steps were found, so nothing can be said per step; mark them with hotloop_step_begin/end, "
     "an "
     "NVTX range named step, or torch.profiler's step()"},
    {"few_steady_steps", kNotice,
     "Only {} steady steps were found; medians rest on few values. Record more steps"},
    {"unsteady_steps", kNotice,
     "Steps differ in what they do, so medians hide part of the work ({} kinds of steps)"},
    {"overlapping_steps", kNotice,
     "{} steps overlap another step of their thread and were ignored"},
    {"other_process_steps", kInfo,
     "{} steps of other processes were left out; the figures are those of the process that ran "
     "most "
     "operators"},
    {"other_thread_steps", kInfo,
     "{} steps marked by other threads were left out; the figures are those of the thread that "
     "marked "
     "most"},
    {"overlapping_operators", kNotice,
     "{} operators begin inside another one of their thread and end after it; time and nesting "
     "near "
     "them may be off"},
    // Found by importers.
    {"import_skipped_events", kDataLoss,
     "{} events of the imported file could not be read; they are missing"},
    {"import_truncated", kDataLoss,
     "The imported file breaks off; what comes before is here. Write the trace again, or copy it "
     "anew"},
    {"import_unknown_categories", kNotice,
     "{} events of the imported file are of kinds that hotloop does not know and were left out"},
    {"import_not_kept", kInfo,
     "{} events of the imported file are of kinds that no figure needs and were left out"},
    {"import_no_time", kDataLoss, "{} events of the imported file have no time and were left out"},
    {"import_non_finite", kInfo,
     "{} events of the imported file hold NaN or infinity; those members were left out"},
    {"import_no_json", kNotice,
     "{} events of the imported file are no valid JSON and were read as far as they could be"},
    {"import_orphans", kNotice,
     "{} calls that started work of the device are not in the imported file; that work has no "
     "thread and no operator"},
    {"import_duplicate_correlation", kNotice,
     "{} calls of the imported file share their correlation id with another call; work of the "
     "device may be given to the wrong one"},
    {"import_ids_from_flows", kInfo,
     "{} calls and pieces of device work of the imported file have no correlation id; theirs were "
     "taken from the arrows between them"},
    {"import_syncs_from_calls", kInfo,
     "The imported file has no records of waits; {} waits were taken from their calls, without "
     "the stream or event waited for"},
    {"import_unknown_schema", kNotice,
     "The imported file is of a version that hotloop does not know; columns may have changed their "
     "meaning"},
    {"import_tool_warnings", kNotice,
     "{} warnings or errors were noted by the tool that recorded the imported file"},
    {"import_order_only", kNotice,
     "{} events of the imported file have no time; their order is kept, their distances mean "
     "nothing"},
    {"import_clocks_not_aligned", kNotice,
     "The clocks of the ranks could not be aligned; times of different ranks cannot be compared"},
    {"import_clock_aligned", kInfo,
     "The clock of this rank was shifted to that of the first one, by their common collectives"},
    {"import_hip", kNotice,
     "{} calls are of HIP: the program ran on an AMD GPU, whose calls hotloop knows by their "
     "CUDA counterparts only"},
};

} // namespace

std::span<const QualityKind> qualityCatalogue() { return kCatalogue; }

void reportQuality(TraceSink &sink, std::string_view name, std::int64_t count,
                   std::string_view detail) {
  if (count == 0) return;
  const auto *kind = std::ranges::find(kCatalogue, name, &QualityKind::name);
  assert(kind != std::end(kCatalogue) && "add the kind to the catalogue first");
  QualityRow row;
  row.name = sink.intern(name);
  row.count = count;
  if (kind == std::end(kCatalogue)) {
    row.severity = Severity::kNotice;
    row.message = sink.intern(name);
  } else {
    row.severity = kind->severity;
    std::string sentence(kind->sentence);
    if (!detail.empty()) sentence.append(" (").append(detail).append(")");
    row.message = sink.intern(sentence);
  }
  sink.add(row);
}

} // namespace hotloop
