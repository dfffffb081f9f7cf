#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/report/gate_report.h"
#include "core/report/style.h"

// A gate report in every format. All are whole documents with a line end.
namespace hotloop {

// For a terminal of `width` columns: counters, what differs by phase and site, times, causes.
std::string gateText(const GateReport &report, std::size_t limit, const Style &style,
                     std::size_t width);
std::string gateJson(const GateReport &report); // hotloop.check/1
// The way back, so that `hotloop check ab.json` writes a report of ab in other formats. Errors:
// another document, or one that judged nothing.
bool isGateJson(std::string_view text);
Result<GateReport> readGateJson(const std::string &source, const std::string &file);
// Long form: one line per row.
std::string gateCsv(const GateReport &report);
// One sticky comment, marked by its first line; below GitHub's 65,536 characters.
std::string gateMarkdown(const GateReport &report, std::size_t limit);
inline constexpr std::size_t kCommentLimit = 65'000;
// Step summaries may be longer (1 MiB, above which GitHub drops them whole).
std::string gateStepSummary(const GateReport &report);

// JUnit: one test case per judged row; failures say why, inconclusive rows are skipped, rows that
// could not be judged are errors.
std::string gateJunit(const GateReport &report);
// SARIF 2.1.0: one rule per verdict; fingerprints leave out lines, so that an alert stays the same
// when code moves.
std::string gateSarif(const GateReport &report);
// Workflow commands of GitHub Actions: at most 10 errors and 10 warnings, the rest is counted.
std::string gateGithub(const GateReport &report);
// GitLab code quality (a subset of the Code Climate format), with the fingerprints of SARIF.
std::string gateGitlab(const GateReport &report);
// One page without network: tables and inline SVG, readable without colour.
std::string gateHtml(const GateReport &report);

// The problems of a report, worst first: one row per cause, sites before the sums that they
// explain.
std::vector<const GateRow *> gateProblems(const GateReport &report);
// Stable name of a problem: rule, canonical site without line, phase, counter.
std::string gateFingerprint(const GateRow &row);
// "host syncs", "step body"; "3 (+1)" and the like, as tables show them.
std::string gateRowTitle(const GateRow &row);
std::string gateValue(const std::optional<double> &value, GateUnit unit,
                      TimeUnit time = TimeUnit::kMilliseconds);
std::string gateChange(const GateRow &row);

} // namespace hotloop
