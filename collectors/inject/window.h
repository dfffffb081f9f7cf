#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

// Which part of the run is recorded: `hotloop record --window`, `--delay`, `--duration`, `--range`.
// Outside of it only the marks of steps are. Any thread.
namespace hotloop::inject {

struct WindowOptions {
  bool steps = false; // [firstStep, endStep), counted from 0 in the thread that marks them
  std::int64_t firstStep = 0, endStep = 0;
  std::int64_t delayMs = 0, durationMs = 0; // since the program began; 0 none
  char range[128] = {};                     // an NVTX range: while one of that name is open
};

// Reads the words of kOptionsVariable; call before anything is recorded.
void configureWindow(const char *words, const char *range) noexcept;

extern std::atomic<bool> collectingNow;
inline bool collecting() noexcept { return collectingNow.load(std::memory_order_relaxed); }

// Whether a window was asked for at all.
extern std::atomic<bool> windowAsked;
inline bool windowed() noexcept { return windowAsked.load(std::memory_order_relaxed); }

// A step begins, marked by the API (1), an NVTX range (2) or torch.profiler (3); the kind that
// comes first counts. Not to be called while recording.
void windowStep(int kind) noexcept;
// An NVTX range was opened: true when it is the one that is the window; then its end is to be told.
// Not to be called while recording.
bool windowRange(std::string_view name) noexcept;
void windowCaptureEnded() noexcept;
// Looks at the clock where the window has times; cheap where it has none.
void windowTick() noexcept;
// Whether a later windowTick() may open or close it.
bool windowWaitsForTime() noexcept;

// Is told, in the thread that opens or closes the window. At most four.
void addWindowHook(void (*hook)(bool open) noexcept) noexcept;

// "step", "step 12", "Step#3" and the like.
bool isStepName(std::string_view name) noexcept;

} // namespace hotloop::inject
