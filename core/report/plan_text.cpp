#include <algorithm>

#include <fmt/format.h>

#include "core/report/number_format.h"
#include "core/report/plan_words.h"
#include "core/report/report_text.h"
#include "core/report/text_layout.h"

namespace hotloop {

namespace {

constexpr std::size_t kChangesShown = 5;

std::string stepText(double before, const PlannedChange &change) {
  return fmt::format("{} -> {}", formatMilliseconds(before), formatMilliseconds(*change.ms));
}

} // namespace

std::string planText(const ChangePlan &plan, const Style &style, std::size_t width) {
  if (!isPlanWorthShowing(plan)) return {};
  const std::size_t predicted = predictedChanges(plan);
  const std::size_t room = std::max<std::size_t>(width, 60);
  std::string out;
  if (predicted > 0) {
    out += style.bold("what to do, in this order") + "  each on top of those before it\n";
    double before = plan.stepMs;
    for (std::size_t i = 0; i < std::min(predicted, kChangesShown); ++i) {
      const PlannedChange &change = plan.changes[i];
      const std::string step = stepText(before, change);
      before = *change.ms;
      const std::string head = fmt::format("{:>2}  {:<25}  ", i + 1, step);
      const std::string rules = planRules(change) + "  ";
      out += head + rules +
             cutToWidth(planWhat(change), room - std::min(room - 12, head.size() + rules.size())) +
             "\n";
    }
    if (predicted > kChangesShown)
      out += fmt::format("    and {} more: --json has them\n", predicted - kChangesShown);
    for (const std::string &line : {planTogether(plan), planCovered(plan)})
      if (!line.empty()) out += "    " + cutToWidth(line, room - 4) + "\n";
  }
  if (!plan.command.empty()) {
    out += (predicted > 0 ? "    as a command: " : "as a command, gains not known: ") +
           printable(plan.command) + "\n"; // whole: it is there to be copied
    if (const std::string preset = planPreset(plan); !preset.empty()) out += "    " + preset + "\n";
  }
  return out;
}

} // namespace hotloop
