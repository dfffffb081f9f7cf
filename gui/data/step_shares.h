#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gui/data/run_document.h"

namespace hotloop::gui {

// A part of a steady step, averaged over all of them. Parts of a bar add up to the step.
struct StepShare {
  std::string label;
  Category category = Category::kOperator;
  std::int64_t ns = 0;
  bool idle = false; // nothing ran
};
struct StepBar {
  std::string label;     // "GPU 0"
  std::int64_t step = 0; // ns
  std::vector<StepShare> shares;
};

// One bar of owners (analyzers/compare/ownership.h), one for each device. Empty without steady
// steps.
std::vector<StepBar> stepBars(const RunDocument &document);

} // namespace hotloop::gui
