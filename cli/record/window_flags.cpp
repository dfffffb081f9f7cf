#include "cli/record/window_flags.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace hotloop::cli {

namespace {

Result<std::int64_t> stepNumber(std::string_view text, std::string_view whole) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() ||
      number < 0)
    return Unexpected(invalidInput(fmt::format(
        "--window {}: two step numbers are wanted, counted from 0, as in --window 20:40", whole)));
  return number;
}

Result<std::int64_t> milliseconds(const Arguments &arguments, const char *flag) {
  if (!arguments.has(flag)) return 0;
  const std::string text = arguments.text(flag);
  double seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() ||
      !std::isfinite(seconds) || seconds <= 0 || seconds > 1e7)
    return Unexpected(invalidInput(fmt::format(
        "--{} {}: a number of seconds above 0 is wanted, as in --{} 2.5", flag, text, flag)));
  return std::max<std::int64_t>(std::llround(seconds * 1000), 1);
}

} // namespace

Result<RecordWindow> windowOf(const Arguments &arguments) {
  RecordWindow window;
  if (arguments.has("window")) {
    const std::string text = arguments.text("window");
    const std::size_t colon = text.find(':');
    HOTLOOP_ASSIGN(const std::int64_t from, stepNumber(text.substr(0, colon), text));
    std::int64_t to = -1;
    if (colon != std::string::npos && colon + 1 < text.size()) {
      HOTLOOP_ASSIGN(to, stepNumber(std::string_view(text).substr(colon + 1), text));
      if (to <= from)
        return Unexpected(invalidInput(fmt::format(
            "--window {}: the second step must come after the first; it is not recorded itself",
            text)));
    }
    window.steps = {from, to};
  }
  HOTLOOP_ASSIGN(window.delayMs, milliseconds(arguments, "delay"));
  HOTLOOP_ASSIGN(window.durationMs, milliseconds(arguments, "duration"));
  window.range = arguments.text("range", "");
  if (window.range.size() > 127)
    return Unexpected(
        invalidInput("--range: the name of an NVTX range of at most 127 bytes is wanted"));
  const int kinds = (window.steps ? 1 : 0) + (window.delayMs > 0 || window.durationMs > 0 ? 1 : 0) +
                    (window.range.empty() ? 0 : 1);
  if (kinds > 1)
    return Unexpected(invalidInput("--window, --range, and --delay with --duration are three ways "
                                   "to say which part is recorded: "
                                   "give one"));
  return window;
}

} // namespace hotloop::cli
