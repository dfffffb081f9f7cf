#include "collectors/inject/window.h"

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <unistd.h>

#include "collectors/inject/producer.h"
#include "core/metrics/step_names.h"
#include "core/trace/meta_keys.h"

namespace hotloop::inject {

constinit std::atomic<bool> collectingNow{true};
constinit std::atomic<bool> windowAsked{false};

namespace {

constinit WindowOptions window{};
constinit std::atomic<void (*)(bool) noexcept> hooks[4] = {};
constinit std::atomic<int> stepKind{0};
constinit std::atomic<std::int64_t> stepsBegun{0};
constinit std::atomic<int> rangesOpen{0};
constinit std::int64_t beganNs = 0;
enum class TimeState : int { kNone, kWaiting, kRunning, kOver };
constinit std::atomic<TimeState> timeState{TimeState::kNone};
thread_local constinit bool marksSteps = false;

std::int64_t nowNs(clockid_t clock) noexcept {
  timespec now;
  ::clock_gettime(clock, &now);
  return now.tv_sec * std::int64_t(1'000'000'000) + now.tv_nsec;
}

// "window=20:40" -> "20:40"; empty when it is not there.
std::string_view valueOf(std::string_view words, std::string_view key) {
  while (!words.empty()) {
    const std::size_t comma = words.find(',');
    const std::string_view word = words.substr(0, comma);
    if (word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=')
      return word.substr(key.size() + 1);
    words.remove_prefix(comma == words.npos ? words.size() : comma + 1);
  }
  return {};
}

std::int64_t numberOf(std::string_view text) {
  std::int64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || number > INT64_MAX / 100) break;
    number = number * 10 + (c - '0');
  }
  return number;
}

void tell(std::string_view key) noexcept {
  char digits[24];
  std::size_t at = sizeof digits;
  for (std::int64_t rest = nowNs(CLOCK_MONOTONIC); rest > 0 || at == sizeof digits; rest /= 10)
    digits[--at] = static_cast<char>('0' + rest % 10);
  meta(key, {digits + at, sizeof digits - at});
}

void set(bool open) noexcept {
  bool before = !open;
  if (!collectingNow.compare_exchange_strong(before, open)) return;
  for (const auto &hook : hooks)
    if (const auto told = hook.load(std::memory_order_acquire)) told(open);
  tell(open ? meta_key::kWindowStart : meta_key::kWindowEnd);
}

} // namespace

void configureWindow(const char *words, const char *range) noexcept {
  const std::string_view text = words ? words : "";
  if (const std::string_view steps = valueOf(text, "window"); !steps.empty()) {
    window.steps = true;
    window.firstStep = numberOf(steps);
    const std::size_t colon = steps.find(':');
    window.endStep = colon == steps.npos ? INT64_MAX : numberOf(steps.substr(colon + 1));
  }
  window.delayMs = numberOf(valueOf(text, "delay-ms"));
  window.durationMs = numberOf(valueOf(text, "duration-ms"));
  if (range && std::strlen(range) < sizeof window.range) std::strcpy(window.range, range);
  beganNs = nowNs(CLOCK_MONOTONIC);
  if (window.delayMs > 0)
    timeState = TimeState::kWaiting;
  else if (window.durationMs > 0)
    timeState = TimeState::kRunning;
  const bool fromStart =
      timeState == TimeState::kRunning || (!window.steps && !*window.range && window.delayMs == 0);
  collectingNow = fromStart;
  windowAsked = window.steps || *window.range || timeState != TimeState::kNone;
}

void windowStep(int kind) noexcept {
  if (!window.steps) return;
  int none = 0;
  if (!marksSteps && !stepKind.compare_exchange_strong(none, kind)) return;
  if (stepKind.load(std::memory_order_relaxed) != kind) return;
  marksSteps = true; // the first thread that marks steps counts them
  const std::int64_t step = stepsBegun.fetch_add(1, std::memory_order_relaxed);
  if (step == window.firstStep) set(true);
  if (step == window.endStep) set(false);
}

bool windowRange(std::string_view name) noexcept {
  if (!*window.range || name != window.range) return false;
  if (rangesOpen.fetch_add(1) == 0) set(true);
  return true;
}

void windowCaptureEnded() noexcept {
  if (rangesOpen.fetch_sub(1) == 1) set(false);
}

void windowTick() noexcept {
  const TimeState state = timeState.load(std::memory_order_relaxed);
  if (__builtin_expect(state == TimeState::kNone || state == TimeState::kOver, 1)) return;
  const std::int64_t ms = (nowNs(CLOCK_MONOTONIC_COARSE) - beganNs) / 1'000'000;
  TimeState expected = state;
  if (state == TimeState::kWaiting && ms >= window.delayMs &&
      timeState.compare_exchange_strong(expected, window.durationMs > 0 ? TimeState::kRunning
                                                                        : TimeState::kOver))
    set(true);
  else if (state == TimeState::kRunning && ms >= window.delayMs + window.durationMs &&
           timeState.compare_exchange_strong(expected, TimeState::kOver))
    set(false);
}

bool windowWaitsForTime() noexcept {
  const TimeState state = timeState.load(std::memory_order_relaxed);
  return state == TimeState::kWaiting || state == TimeState::kRunning;
}

void addWindowHook(void (*told)(bool) noexcept) noexcept {
  for (auto &hook : hooks) {
    void (*none)(bool) noexcept = nullptr;
    if (hook.compare_exchange_strong(none, told)) return;
  }
}

bool isStepName(std::string_view name) noexcept {
  std::int64_t number;
  return hotloop::isStepName(name, number);
}

} // namespace hotloop::inject
