#include "analyzers/prove/host_gain.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace hotloop {

namespace {

// What the fix of a rule still costs of the host time that its findings name: nothing where calls
// go away, a share where others take their place. Chosen on the samples that are not held back
// (docs/accuracy.md).
struct Kept {
  std::string_view rule;
  double low, middle, high;
};
constexpr Kept kKept[] = {
    {"HL203", 0.50, 0.85,
     1.00}, // a size of its own in every step: kept memory is filled all the same
};
// Where a rule tells what its fix replaces: so many of its equal parts' calls remain, and this
// share of its arithmetic (a batched form sorts first; one pass over memory in place of several is
// quicker, a general one slower).
struct Remains {
  double parts, work;
};
constexpr Remains kRemains = {1.5, 0.9}, kLeastRemains = {1.0, 0.5}, kMostRemains = {2.5, 1.1};

double saved(const Replaced &replaced, const Remains &remains) {
  const auto all = static_cast<double>(replaced.all.count);
  const double work = std::min(all, static_cast<double>(replaced.work.count));
  const double calls = (all - work) * std::max(0.0, 1 - remains.parts / replaced.parts);
  return calls + work * (1 - remains.work);
}

// Without a replacement: the call goes, and what surrounds it stays.
constexpr Kept kGone{"", 0.0, 0.0, 0.25};

// The fix computes what the host decided against, and that may take longer than what it replaces:
// the samples measured from -77 to +29 % where 2 and 3 % were on record.
bool computesMore(const Finding &finding) {
  return finding.rule == "HL103" || (finding.rule == "HL101" && finding.variant == "branch");
}

// Forms of a fix that do the same work on the host. LibTorch's foreach operators have kernels for
// the GPU only; on the CPU they call the operator of each tensor
// (ATen/native/ForeachOpsKernels.cpp).
bool gainsNothing(std::string_view rule) { return rule == "HL304/foreach"; }

constexpr double kFloor = 0.02;

const Kept &keptOf(const std::string &rule) {
  for (const Kept &kept : kKept)
    if (kept.rule == rule) return kept;
  return kGone;
}

} // namespace

bool namesRule(std::string_view wanted, std::string_view id) {
  return wanted.substr(0, wanted.find('/')) == id;
}

HostGain hostGain(const Analysis &analysis, std::span<const std::string> rules) {
  HostGain result;
  const auto step = static_cast<double>(analysis.steps.duration.count);
  if (!(step > 0)) {
    result.whyNone =
        analysis.steps.whyNone.empty() ? "The steps have no length." : analysis.steps.whyNone;
    return result;
  }
  std::size_t found = 0;
  double low = 0, middle = 0, high = 0;
  for (const auto *findings : {&analysis.findings, &analysis.notWorth})
    for (const Finding &finding : *findings) {
      const auto wanted = std::find_if(rules.begin(), rules.end(), [&](const std::string &rule) {
        return namesRule(rule, finding.rule);
      });
      if (wanted == rules.end()) continue;
      ++found;
      if (gainsNothing(*wanted)) {
        result.modelled = true;
        continue;
      }
      if (computesMore(finding)) {
        result.whyNone =
            "Without a GPU the fix is other work in place of the same wait, over all rows "
            "or both branches, and no record tells how long that takes.";
        return result;
      }
      if (finding.replaced) {
        result.modelled = true;
        low += saved(*finding.replaced, kMostRemains) / step;
        middle += saved(*finding.replaced, kRemains) / step;
        high += saved(*finding.replaced, kLeastRemains) / step;
        continue;
      }
      const Kept &kept = keptOf(finding.rule);
      const double share = std::min(1.0, static_cast<double>(finding.hostTime.count) / step);
      result.modelled = result.modelled || !kept.rule.empty();
      low += share * (1 - kept.high);
      middle += share * (1 - kept.middle);
      high += share * (1 - kept.low);
    }
  if (found == 0) {
    result.whyNone = fmt::format("No finding of {} in this run.", fmt::join(rules, ", "));
    return result;
  }
  result.gain = std::min(middle, 1.0);
  result.low = std::min(low, 1.0) - kFloor;
  result.high = std::min(high + kFloor, 1.0);
  return result;
}

} // namespace hotloop
