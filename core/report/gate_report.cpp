#include "core/report/gate_report.h"

#include <algorithm>

#include <fmt/format.h>

namespace hotloop {

namespace {

int levelOrder(const std::string &level) {
  constexpr const char *kOrder[] = {"run", "step", "phase", "site", "budget", "time"};
  for (int i = 0; i < 6; ++i)
    if (level == kOrder[i]) return i;
  return 6;
}

std::string reasonOf(const GateReport &report, GateStatus status) {
  for (const GateRow &row : report.rows) {
    if (row.status != status) continue;
    if (row.verdict == "HG001") return "new-sync";
    if (row.verdict == "HG002" || row.verdict == "HG003" || row.verdict == "HG008")
      return "launches";
    if (row.verdict == "HG004") return "allocations";
    if (row.verdict == "HG005" || row.verdict == "HG007") return "bytes";
    if (row.verdict == "HG006") return "copies";
    if (row.verdict == "HG009") return "operators";
    if (row.verdict == "HG010" || row.verdict == "HG011") return "time";
    if (row.verdict == "HG012" || row.verdict == "HG013") return "memory";
    if (row.verdict == "HG020") return "budget";
    if (row.verdict == "HG030") return "nothing-measured";
    if (row.verdict == "HG031") return "no-steady-steps";
    if (row.verdict == "HG032") return "not-comparable";
    if (row.verdict == "HG033") return "no-baseline";
    if (row.verdict == "HG034") return "collapse";
    if (row.verdict == "HG037") return "records-lost";
    if (row.verdict == "HG038") return "program-failed";
    if (row.verdict == "HG039") return "not-measured";
    if (row.verdict == "HG040") return "inconclusive";
  }
  return "failed";
}

} // namespace

std::string gateStatusName(GateStatus status) {
  switch (status) {
  case GateStatus::kOk: return "ok";
  case GateStatus::kImproved: return "improved";
  case GateStatus::kMoved: return "moved";
  case GateStatus::kAllowed: return "allowed";
  case GateStatus::kSkipped: return "skipped";
  case GateStatus::kWarn: return "warn";
  case GateStatus::kInconclusive: return "inconclusive";
  case GateStatus::kFail: return "fail";
  case GateStatus::kError: return "error";
  }
  return {};
}

std::string gateTimeTitle(const GateTime &time) {
  return time.phase.empty() ? time.metric : time.metric + " " + time.phase;
}

std::size_t GateReport::count(GateStatus status) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(rows, [&](const GateRow &row) { return row.status == status; }));
}

void explainShares(GateReport &report) {
  if (!report.stepDeltaMs || *report.stepDeltaMs <= 0) return;
  for (GateRow &row : report.rows) {
    if (row.level != "site" || row.status != GateStatus::kFail) continue;
    double share = 0;
    for (const GateCause &cause : report.causes)
      if (cause.site.file == row.site.file && cause.site.function == row.site.function)
        share += cause.deltaMs / *report.stepDeltaMs;
    constexpr double kWorthTelling = 0.005;
    if (share < kWorthTelling) continue;
    row.message += fmt::format("; {:.0f} % of the slow-down is in this function", share * 100);
  }
}

void concludeGate(GateReport &report, bool inconclusiveFails) {
  // Within a level the worst first, and the order of the writer else.
  std::ranges::stable_sort(report.rows, [](const GateRow &a, const GateRow &b) {
    const int left = levelOrder(a.level), right = levelOrder(b.level);
    return left != right ? left < right : a.status > b.status;
  });
  if (report.count(GateStatus::kError) > 0)
    report.exit = {3, reasonOf(report, GateStatus::kError)};
  else if (report.count(GateStatus::kFail) > 0)
    report.exit = {1, reasonOf(report, GateStatus::kFail)};
  else if (report.count(GateStatus::kInconclusive) > 0 && inconclusiveFails)
    report.exit = {4, "inconclusive"};
  else
    report.exit = {0, "ok"};
}

} // namespace hotloop
