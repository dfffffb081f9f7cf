#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "analyzers/timeline/what_if.h"
#include "core/base/result.h"

// Fixes by name whose places only the rules know, beside those of analyzers/timeline/transforms.h.
namespace hotloop {

// What the rules for chains of pointwise kernels, written-out attention and routers (HL303, HL506,
// HL605) would run as one, material or not. `site` as in Where; empty: everywhere.
Edit fuseChains(const WhatIf &whatIf, const std::string &site);
// The turns of each loop over experts (as HL104 and HL603 find them) all as fast as their mean, in
// the forward pass.
Edit balanceExperts(const WhatIf &whatIf, const std::string &site);

// Both, everywhere, for less than one after the other; empty when `stop` asked.
std::vector<Edit> ruleFixes(const WhatIf &whatIf, const std::stop_token &stop = {});

// namedFix(), and "fuse[=SITE]", "balance[=SITE]". Errors: those of namedFix(), with all names.
Result<Edit> anyFix(const WhatIf &whatIf, std::string_view fix);
std::vector<std::string_view> anyFixNames();

} // namespace hotloop
