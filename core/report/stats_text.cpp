#include "core/report/report_text.h"

namespace hotloop {

std::string statsText(const StatsReport &report, const Style &style, std::size_t width) {
  std::string out =
      reportHeader("stats", report.run, report.steps, report.quality, style, width, report.unit);
  for (const ReportTable &table : report.tables) out += "\n" + tableText(table, style, width);
  return out;
}

} // namespace hotloop
