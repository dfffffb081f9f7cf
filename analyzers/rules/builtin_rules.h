#pragma once

#include <span>

#include "analyzers/rules/rule.h"

namespace hotloop {

// Every rule of this build in the order they run: one that explains more before one that explains
// less, because a record belongs to the first finding that claims it.
std::span<const Rule> builtinRules();

} // namespace hotloop
