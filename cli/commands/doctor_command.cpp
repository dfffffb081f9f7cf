#include "cli/commands/doctor_command.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/arguments/common_flags.h"
#include "cli/doctor/checks.h"
#include "core/report/json_parts.h"
#include "core/report/text_layout.h"

namespace hotloop::cli {

namespace {

constexpr std::size_t kIndent = 21;

const char *stateName(CheckState state) {
  return state == CheckState::kOk ? "ok" : state == CheckState::kWarn ? "warn" : "fail";
}

std::string doctorText(const std::vector<Check> &checks, const Style &style, std::size_t width) {
  std::string out;
  const std::size_t room = std::clamp<std::size_t>(width, 60, 100) - kIndent;
  for (const Check &check : checks) {
    const std::string state = padRight(stateName(check.state), 6);
    out += check.state == CheckState::kOk     ? style.better(state)
           : check.state == CheckState::kWarn ? style.unsure(state)
                                              : style.worse(state);
    out += padRight(check.name, kIndent - 6) + printable(check.found) + "\n";
    if (check.todo.empty()) continue;
    for (const std::string &line : wrapText(printable(check.todo), room))
      out += std::string(kIndent, ' ') + style.dim(line) + "\n";
  }
  return out;
}

Result<int> run(const CommandContext &context) {
  const std::vector<Check> checks = runChecks(context.surroundings);
  const bool failed = std::any_of(checks.begin(), checks.end(),
                                  [](const Check &c) { return c.state == CheckState::kFail; });
  const ReportExit exit{failed ? kExitDiffers : kExitOk, failed ? "check-failed" : "ok"};
  if (context.format() == "json") {
    Json rows = Json::array();
    for (const Check &check : checks)
      rows.push_back({{"name", check.name},
                      {"state", stateName(check.state)},
                      {"found", check.found},
                      {"todo", check.todo.empty() ? Json(nullptr) : Json(check.todo)}});
    HOTLOOP_TRY(context.emit(dumpJson(
        {{"schema", "hotloop.doctor/1"}, {"checks", std::move(rows)}, {"exit", exitJson(exit)}})));
  } else {
    HOTLOOP_TRY(context.emit(doctorText(checks, context.style, context.width)));
  }
  return exit.code;
}

} // namespace

Command doctorCommand() {
  return {"doctor",
          "can this machine record? what is missing, and what to do",
          {{formatFlag("text|json"), kJsonFlag, kOutputFlag, kForceFlag}},
          run};
}

} // namespace hotloop::cli
