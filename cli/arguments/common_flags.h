#pragma once

#include <vector>

#include "cli/arguments/flag_spec.h"

// Flags that mean the same in every command that has them.
namespace hotloop::cli {

// Accepted by every command: --help, --quiet, --verbose, --color, --no-color, --no-progress, and
// --no-pager and --no-input, which change nothing: there is no pager, and nothing asks.
const std::vector<FlagSpec> &globalFlags();

inline constexpr FlagSpec kOutputFlag{"output", 'o', FlagValue::kFile, "FILE", {}, false};
inline constexpr FlagSpec kForceFlag{"force", 'f', FlagValue::kNone, {}, {}, false};
inline constexpr FlagSpec kJsonFlag{"json", 0, FlagValue::kNone, {}, {}, false};
inline constexpr FlagSpec kLimitFlag{"limit", 0, FlagValue::kCount, "N", "HOTLOOP_LIMIT", false};
inline constexpr FlagSpec kFilterFlag{"filter", 0, FlagValue::kText, "EXPR", {}, false};
inline constexpr FlagSpec kPhaseFlag{"phase", 0, FlagValue::kText, "GLOB", {}, true};
inline constexpr FlagSpec kKernelFlag{"kernel", 0, FlagValue::kText, "GLOB", {}, true};
inline constexpr FlagSpec kTimeUnitFlag{"time-unit",         0,    FlagValue::kChoice, "ns|us|ms|s",
                                        "HOTLOOP_TIME_UNIT", false};
inline constexpr FlagSpec kDbFlag{"db", 0, FlagValue::kFile, "FILE", "HOTLOOP_DB", false};
inline constexpr FlagSpec kWarmupFlag{"warmup",         'w',  FlagValue::kCount, "N",
                                      "HOTLOOP_WARMUP", false};
inline constexpr FlagSpec kStepsFlag{"steps", 0, FlagValue::kCount, "N", "HOTLOOP_STEPS", false};

// --format with the formats that a command knows: "text|json|csv|md".
constexpr FlagSpec formatFlag(std::string_view formats) {
  return {"format", 0, FlagValue::kChoice, formats, "HOTLOOP_FORMAT", false};
}

} // namespace hotloop::cli
