#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments/arguments.h"
#include "cli/diff/run_diff.h"
#include "core/report/gate_report.h"
#include "core/report/report_table.h"

namespace hotloop::cli {

// Which rows are shown: "phase:forward kernel:/^gemm/ -site:tests/*". All words must hold; "-"
// turns one round. Globs as in budgets, or a POSIX extended regular expression between slashes,
// found anywhere; a phase also means those below it. --phase and --kernel are words of their own;
// of several of one of them any must hold.
class RowFilter {
public:
  enum class Key { kPhase, kKernel, kSite, kOperator, kCounter, kCategory };
  static inline const std::vector<Key> kDiffKeys{Key::kPhase,    Key::kKernel,  Key::kSite,
                                                 Key::kOperator, Key::kCounter, Key::kCategory};
  static inline const std::vector<Key> kGateKeys{Key::kPhase, Key::kKernel, Key::kSite,
                                                 Key::kOperator, Key::kCounter};
  static inline const std::vector<Key> kStatsKeys{Key::kPhase, Key::kKernel, Key::kSite,
                                                  Key::kOperator};

  // Error: a word that is not KEY:PATTERN with one of `keys`, or no regular expression.
  static Result<RowFilter> parse(const std::string &text, const std::vector<Key> &keys);
  // What --filter, --phase and --kernel say; none where none is given.
  static Result<std::optional<RowFilter>> given(const Arguments &arguments,
                                                const std::vector<Key> &keys);

  bool matches(const SiteChange &change) const;
  bool matches(const OwnerDelta &owner) const;
  bool matches(const GateRow &row) const;
  bool matches(const GateCause &cause) const;
  // Sites that do not match go; owners that do not fall together in one, so that all still add up
  // to the change of the step. Counters of the whole step stay.
  void apply(RunDiff &diff) const;
  // Rows at phases and sites that do not match go, unless they are no success: a filter hides no
  // failure, warning or error. Causes that do not match fall together in one.
  void apply(GateReport &report) const;
  // Rows of a table of `hotloop stats`: words about what a table does not have leave it as it is.
  void apply(ReportTable &table) const;

private:
  struct Expression; // compiled
  struct Pattern {
    std::string glob;
    std::shared_ptr<const Expression> expression; // in place of the glob
    bool finds(std::string_view text) const;
  };
  struct Term {
    Key key = Key::kPhase;
    bool negated = false;
    std::vector<Pattern> any;
  };
  struct Subject {
    std::string phase, kernel, counter, category, op;
    const Site *site = nullptr;
  };
  static Result<Pattern> patternOf(const std::string &flag, const std::string &text);
  static bool holds(Key key, const Pattern &pattern, const Subject &subject);
  static bool holds(const Term &term, const Subject &subject);
  bool holds(const Subject &subject) const;

  std::vector<Term> terms_;
};

} // namespace hotloop::cli
