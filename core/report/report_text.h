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
                         std::size_t width);

// Findings of three lines each, at most `limit` (0: all), then what is not worth it and not
// checked.
std::string adviceText(const AdviceReport &report, std::size_t limit, const Style &style,
                       std::size_t width);
// Everything about one finding: evidence, the fix before and after, why it may not pay.
std::string explainText(const Finding &finding, int rank, const Style &style, std::size_t width);
std::string adviceMarkdown(const AdviceReport &report, std::size_t limit);
// One row per finding; `status` is "finding" or "not_worth".
ReportTable adviceTable(const AdviceReport &report);

std::string statsText(const StatsReport &report, const Style &style, std::size_t width);
std::string statsMarkdown(const StatsReport &report);

} // namespace hotloop
