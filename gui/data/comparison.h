#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzers/compare/compare.h"
#include "gui/data/run_document.h"

namespace hotloop::gui {

// One operator in several runs, per steady step.
struct ComparedName {
  std::string name;
  std::vector<double> selfNs;  // by run
  std::vector<double> perStep; // by run
  double change = 0;           // of selfNs, last run less the baseline
};

// A piece of the way from the baseline's step time to that of the last run.
struct WaterfallPart {
  std::string label;
  double ns = 0; // signed
};

struct Comparison {
  std::vector<ComparedName> names; // greatest change first
  std::vector<double> stepNs;      // median step, by run; 0 unknown
  TimeComparison times;            // first run to last: every ns of a mean step has an owner
  // From the mean step of the first run to that of the last: parts add up to the difference.
  std::vector<WaterfallPart> waterfall;
};
Comparison compareRuns(const std::vector<RunDocumentPtr> &runs);

// "MmBackward0 › aten::mm", "kernel › aten::mm › gemm", "host › forward": an owner in few words.
std::string ownerLabel(const OwnerDelta &owner);

// What each node of the last run's call tree costs more per step than the same path of the first
// run: host time, ns.
std::vector<double> callTreeChanges(const RunDocument &before, const RunDocument &after);

// The steady step whose length is the median; false without steps.
bool typicalStep(const Trace &trace, TraceStep &step);

} // namespace hotloop::gui
