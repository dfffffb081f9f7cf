#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>

#include "cli/prove/measure_sides.h"
#include "cli/prove/prove_report.h"
#include "cli/prove/prove_suite.h"

namespace hotloop::cli {

// One call of `hotloop prove`: predicts what has no prediction yet, then measures until every
// interval is as narrow as wanted or the time is up. `report` is the state so far (--resume).
class ProveSession {
public:
  // `save` is called after every step that cost time.
  ProveSession(const ProveRunner &runner, const ProveSuite &suite, ProveReport &report,
               std::function<Result<void>()> save);

  // Errors: those of `save`, and words of the suite that are not understood. What a program does
  // wrong is said in the report.
  Result<void> run();

private:
  Result<void> prepare(const SuiteGroup &group);
  Result<void> prepareProgram(const SuiteGroup &group, const SuiteProgram &program,
                              double unprofiledMs);
  Result<void> measure(const SuiteGroup &group);
  Result<void> measureByBench(const SuiteGroup &group);
  struct Open { // a case with the names of its sides in the bench
    ProvedCase *one;
    std::string bad, good;
  };
  void measureTogether(const SuiteGroup &group, std::span<const Open> open);
  Result<void> measurePairs(const SuiteGroup &group);
  bool isOpen(const ProvedCase &one) const;
  bool anyOpen(const SuiteGroup &group);
  ProvedProgram *find(const SuiteGroup &group, const SuiteProgram &program);
  void note(const std::string &text) const;

  const ProveRunner &runner_;
  const ProveSuite &suite_;
  ProveReport &report_;
  std::function<Result<void>()> save_;
  std::map<std::string, double> lastSeconds_; // of a measurement, by group
};

} // namespace hotloop::cli
