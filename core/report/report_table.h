#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/report/number_format.h"
#include "core/report/style.h"

namespace hotloop {

// A cell of a report: nothing, a whole number, a real number, a text. (The same type as
// Database::Cell.)
using ReportCell = std::variant<std::monostate, std::int64_t, double, std::string>;

enum class CellFormat {
  kText,   // left, cut when there is no room
  kPath,   // likewise, losing leading folders first
  kFigure, // a text that is a number with its unit: right, never cut
  kCount,
  kMilliseconds,
  kBytes,
  kShare, // 0.125 is "12.5 %"
  kPlain, // as SQL gives it
};

struct ReportColumn {
  std::string key;   // in JSON and CSV: snake_case with the unit, "self_ms"
  std::string title; // in text and Markdown
  CellFormat format = CellFormat::kText;
  bool shown = true; // false: JSON and CSV only
};

// One table of a report, in every format. Rows have one cell per column.
struct ReportTable {
  std::string name;  // key in JSON
  std::string title; // heading
  std::vector<ReportColumn> columns;
  std::vector<std::vector<ReportCell>> rows;
  std::size_t hidden = 0;                  // rows that limitRows() took away
  TimeUnit unit = TimeUnit::kMilliseconds; // of kMilliseconds cells in text and Markdown
};

// Keeps the first `limit` rows; 0 keeps all.
void limitRows(ReportTable &table, std::size_t limit);

// Aligned columns that fit `width`: paths and texts give way first. Ends in a line end.
std::string tableText(const ReportTable &table, const Style &style, std::size_t width);
// As RFC 4180, with a header of keys and LF line ends; values unrounded, empty for nothing.
std::string tableCsv(const ReportTable &table);
// A GitHub table under a heading.
std::string tableMarkdown(const ReportTable &table);

// One CSV field, quoted where needed.
std::string csvField(std::string_view text);
// Text made safe inside a Markdown table cell.
std::string markdownCell(std::string_view text);
// A cell as text and Markdown show it.
std::string cellText(const ReportCell &cell, CellFormat format,
                     TimeUnit unit = TimeUnit::kMilliseconds);

} // namespace hotloop
