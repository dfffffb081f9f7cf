#pragma once

#include "analyzers/analysis.h"
#include "analyzers/counters/op_facts.h"

namespace hotloop {

// Fills extraQuality: what finding the steps and nesting the operators showed to be odd.
void noteQuality(const OpFacts &ops, Analysis &analysis);

} // namespace hotloop
