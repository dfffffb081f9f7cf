#pragma once

#include <string>
#include <vector>

#include "cli/diff/run_diff.h"

namespace hotloop::cli {

// Which rows of a comparison are shown: "phase:forward kernel:gemm_* -site:tests/*". All words must
// hold; "-" turns one round. Globs as in budgets; a phase also means those below it.
class RowFilter {
public:
  // Error: a word that is not KEY:GLOB with a known key.
  static Result<RowFilter> parse(const std::string &text);

  bool matches(const SiteChange &change) const;
  bool matches(const OwnerDelta &owner) const;
  // Sites that do not match go; owners that do not fall together in one, so that all still add up
  // to the change of the step. Counters of the whole step stay.
  void apply(RunDiff &diff) const;

private:
  enum class Key { kPhase, kKernel, kSite, kCounter, kCategory };
  struct Term {
    Key key = Key::kPhase;
    bool negated = false;
    std::string glob;
  };
  struct Subject {
    std::string phase, kernel, counter, category;
    const Site *site = nullptr;
  };
  bool holds(const Subject &subject) const;

  std::vector<Term> terms_;
};

} // namespace hotloop::cli
