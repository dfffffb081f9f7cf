#include <algorithm>

#include <fmt/format.h>

#include "core/report/number_format.h"
#include "core/report/report_text.h"
#include "core/report/text_layout.h"

namespace hotloop {

namespace {

constexpr std::size_t kChangesShown = 5;

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string switchesText(std::vector<std::string> names) {
  for (std::string &name : names) name.insert(0, "--");
  return joined(names);
}

// "train.py:12: Capture ..." or what hotloop-moe calls it.
std::string whatText(const PlannedChange &change) {
  if (!change.flags.empty()) return change.flags;
  std::string place;
  if (!change.site.file.empty()) {
    Site site = change.site;
    site.function.clear();
    place = shortenPath(printable(site.text()), 30) + ": ";
  }
  return place + printable(change.advice);
}

// Switches stand for several rules; any other change is called after its rule and variant.
std::string rulesText(const PlannedChange &change) {
  return change.name.starts_with("HL") ? change.name : joined(change.rules);
}

std::string stepText(double before, const PlannedChange &change) {
  return fmt::format("{} -> {}", formatMilliseconds(before), formatMilliseconds(*change.ms));
}

std::string togetherText(const ChangePlan &plan) {
  const Gain::Estimate &all = *plan.together;
  const std::string_view bound = all.bound == "lower"   ? " or more"
                                 : all.bound == "upper" ? " or less"
                                                        : "";
  return fmt::format("together {} of {} ({:.1f} %) [{:.3g}, {:.3g}]{}, trust {}",
                     formatMilliseconds(all.ms), formatMilliseconds(plan.stepMs), 100 * all.share,
                     all.lowMs, all.highMs, bound, all.trust);
}

} // namespace

std::string planText(const ChangePlan &plan, const Style &style, std::size_t width) {
  const auto predicted = static_cast<std::size_t>(std::ranges::count_if(
      plan.changes, [](const PlannedChange &change) { return change.addsMs.has_value(); }));
  // One change is its finding; the order of several without numbers is that of the findings.
  if (predicted < 2 && plan.command.empty()) return {};
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
      const std::string rules = rulesText(change) + "  ";
      out += head + rules +
             cutToWidth(whatText(change), room - std::min(room - 12, head.size() + rules.size())) +
             "\n";
    }
    if (predicted > kChangesShown)
      out += fmt::format("    and {} more: --json has them\n", predicted - kChangesShown);
    if (plan.together) out += "    " + cutToWidth(togetherText(plan), room - 4) + "\n";
    if (!plan.covered.empty())
      out += "    " +
             cutToWidth("nothing more on top of these: " + joined(plan.covered), room - 4) + "\n";
  }
  if (!plan.command.empty()) {
    out += (predicted > 0 ? "    as a command: " : "as a command, gains not known: ") +
           printable(plan.command) + "\n"; // whole: it is there to be copied
    if (!plan.preset.empty())
      out += "    that is --preset " + plan.preset +
             (plan.presetDiffers.empty() ? std::string()
                                         : " but for " + switchesText(plan.presetDiffers)) +
             "\n";
  }
  return out;
}

} // namespace hotloop
