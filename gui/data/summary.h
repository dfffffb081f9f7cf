#pragma once

#include <string>
#include <vector>

#include "gui/data/run_document.h"

namespace hotloop::gui {

// One figure of the summary: "would-be launches", "412", "per step".
struct SummaryTile {
  std::string label;
  std::string value;
  std::string note;
};

// Step time and the counters that this run has, per steady step; empty when no step is steady.
std::vector<SummaryTile> summaryTiles(const RunDocument &document);

// One sentence on the steps: how many, or why none is steady.
std::string stepsSentence(const RunDocument &document);

// "run.hotloop", with its state when that is not clean.
std::string documentTitle(const RunDocument &document);

// "Nothing found ..." or why there can be no findings; empty when there are some.
std::string emptyFindingsSentence(const RunDocument &document);

} // namespace hotloop::gui
