#include "core/report/plan_words.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/report/number_format.h"
#include "core/report/text_layout.h"

namespace hotloop {

namespace {

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

} // namespace

std::size_t predictedChanges(const ChangePlan &plan) {
  return static_cast<std::size_t>(std::ranges::count_if(
      plan.changes, [](const PlannedChange &change) { return change.addsMs.has_value(); }));
}

bool isPlanWorthShowing(const ChangePlan &plan) {
  return predictedChanges(plan) >= 2 || !plan.command.empty();
}

std::string planWhat(const PlannedChange &change) {
  if (!change.flags.empty()) return change.flags;
  std::string place;
  if (!change.site.file.empty()) {
    Site site = change.site;
    site.function.clear();
    place = shortenPath(printable(site.text()), 30) + ": ";
  }
  return place + printable(change.advice);
}

std::string planRules(const PlannedChange &change) {
  return change.name.starts_with("HL") ? change.name : joined(change.rules);
}

std::string planTogether(const ChangePlan &plan) {
  if (!plan.together) return {};
  const Gain::Estimate &all = *plan.together;
  const std::string_view bound = all.bound == "lower"   ? " or more"
                                 : all.bound == "upper" ? " or less"
                                                        : "";
  return fmt::format("together {} of {} ({:.1f} %) [{:.3g}, {:.3g}]{}, trust {}",
                     formatMilliseconds(all.ms), formatMilliseconds(plan.stepMs), 100 * all.share,
                     all.lowMs, all.highMs, bound, all.trust);
}

std::string planCovered(const ChangePlan &plan) {
  return plan.covered.empty() ? std::string()
                              : "nothing more on top of these: " + joined(plan.covered);
}

std::string planPreset(const ChangePlan &plan) {
  if (plan.preset.empty()) return {};
  std::vector<std::string> names = plan.presetDiffers;
  for (std::string &name : names) name.insert(0, "--");
  return "that is --preset " + plan.preset + (names.empty() ? "" : " but for " + joined(names));
}

} // namespace hotloop
