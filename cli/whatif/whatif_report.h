#pragma once

#include <string>
#include <vector>

#include "analyzers/timeline/recommend.h"
#include "analyzers/timeline/what_if.h"
#include "core/report/report.h"
#include "core/report/style.h"

namespace hotloop::cli {

// A fix as asked for, with what it would give alone.
struct FixAnswer {
  std::string fix; // as given
  Prediction prediction;
  WhatIf::Naive naive;
};

// A fix of several that changes nothing in this run, and why.
struct NotApplied {
  std::string fix;
  std::string why;
};

struct WhatIfReport {
  ReportRun run;
  StepFigures steps;
  std::vector<QualityNote> quality;
  std::optional<double> unprofiledMs;
  ReplayBaseline baseline;
  std::string whyNone; // nothing can be predicted on this run
  std::size_t templateSteps = 0;
  std::size_t templateAnchors = 0;
  std::vector<FixAnswer> fixes;
  Prediction together;                          // all of them that apply
  std::vector<NotApplied> notApplied;           // the others, where fixes were given
  std::vector<WhatIf::Stacked> stack;           // best first, where there is more than one
  std::optional<Recommendation> recommendation; // of a survey
  bool survey = false;                          // no fix was given: all that apply were tried
  ReportExit exit;
};

std::string whatIfJson(const WhatIfReport &report);
std::string whatIfText(const WhatIfReport &report, Style style);

} // namespace hotloop::cli
