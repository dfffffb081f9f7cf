#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analyzers/gate/run_profile.h"
#include "core/report/gate_report.h"

namespace hotloop {

// Where the time of a step went from one run to another. Times are means per steady step, so that
// parts add up; the sum of all deltas is the delta of the mean step, to the rounding of a double.
struct OwnerDelta {
  std::string category, phase, opPath, family;
  Site site;
  std::string matched; // exact | moved (another site) | kernel (another kernel) | phase (another
                       // phase) | added | removed
  double aMs = 0, bMs = 0;
  double aCount = 0, bCount = 0; // events per step
  // deltaMs = countMs + unitMs + exposureMs:
  //   count     more or fewer events, at the old length and exposure
  //   unit      longer or shorter ones
  //   exposure  the same work, hidden behind other work more or less
  double countMs = 0, unitMs = 0, exposureMs = 0;

  double deltaMs() const { return bMs - aMs; }
};

struct TimeComparison {
  double aMs = 0, bMs = 0;        // mean steady step
  std::vector<OwnerDelta> owners; // largest change first; those without change last
  std::vector<std::string> notes; // what is not comparable, as sentences

  double deltaMs() const { return bMs - aMs; }
};

// Owners are matched exactly first; what is left, step by step with less: without the site (code
// moved), without the kernel (the operator got another one), without the phase. So work that was
// renamed or moved does not look like work that came and went.
TimeComparison compareTimes(const RunProfile &a, const RunProfile &b);

// The largest causes of a change as a gate report shows them; what is below `least` of the change
// falls together in one last cause, so that they still add up.
std::vector<GateCause> causesOf(const TimeComparison &comparison, double least = 0.005);

} // namespace hotloop
