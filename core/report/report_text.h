#pragma once

#include <cstddef>
#include <string>

#include "core/report/report.h"
#include "core/report/style.h"

// Reports for people: text for a terminal of `width` columns, and Markdown and CSV for elsewhere.
namespace hotloop {

// Lines that advise and stats begin with: the run, its steps, its counters per step, what is wrong
// with the data.
std::string reportHeader(const std::string &command, const ReportRun &run, const StepFigures &steps,
                         const std::vector<QualityNote> &quality, const Style &style,
                         std::size_t width, TimeUnit unit = TimeUnit::kMilliseconds);

// Findings of three lines each, at most `limit` (0: all), then the plan, what is not worth it and
// what is not checked.
std::string adviceText(const AdviceReport &report, std::size_t limit, const Style &style,
                       std::size_t width);
// "1.20 ms (9.7 %) [0.9, 1.5] or more": bounds stand behind the interval that they are the middle
// of. Without its sign.
std::string gainFigures(const Gain::Estimate &estimate);
// The changes that a report recommends, in order, with what they give together and the command line
// for hotloop-moe. Empty when that says no more than the findings do.
std::string planText(const ChangePlan &plan, const Style &style, std::size_t width);
// Everything about one finding: evidence, the fix before and after, why it may not pay.
std::string explainText(const Finding &finding, int rank, const Style &style, std::size_t width);
std::string adviceMarkdown(const AdviceReport &report, std::size_t limit);
// One row per finding; `status` is "finding", "not_worth" or "unresolved".
ReportTable adviceTable(const AdviceReport &report);

std::string statsText(const StatsReport &report, const Style &style, std::size_t width);
std::string statsMarkdown(const StatsReport &report);

} // namespace hotloop
