#pragma once

#include <cstddef>
#include <string>

#include "core/report/change_plan.h"

// The parts of a plan in words, for whoever shows it. Printable.
namespace hotloop {

// Changes with a number; they come first.
std::size_t predictedChanges(const ChangePlan &plan);
// Does the plan say more than its findings? One change is its finding; the order of several without
// numbers is that of the findings.
bool isPlanWorthShowing(const ChangePlan &plan);

// "train.py:12: Capture ..." or what hotloop-moe calls it.
std::string planWhat(const PlannedChange &change);
// Switches stand for several rules; any other change is called after its rule and variant.
std::string planRules(const PlannedChange &change);
// "together 1.2 ms of 5.0 ms (24 %) [0.9, 1.5], trust high"; empty where that is not known.
std::string planTogether(const ChangePlan &plan);
// "nothing more on top of these: HL301, HL505"; empty when all findings are in the plan.
std::string planCovered(const ChangePlan &plan);
// "that is --preset fused but for --amp"; empty when no preset is near.
std::string planPreset(const ChangePlan &plan);

} // namespace hotloop
