#include "core/report/report_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/report/number_format.h"
#include "core/report/text_layout.h"

namespace hotloop {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 12; // a text column never shrinks below it

bool isText(CellFormat format) {
  return format == CellFormat::kText || format == CellFormat::kPath;
}

std::string numberText(double value, CellFormat format, TimeUnit unit) {
  switch (format) {
  case CellFormat::kMilliseconds: return formatMilliseconds(value, unit);
  case CellFormat::kBytes: return formatBytes(value);
  case CellFormat::kShare: return fmt::format("{:.1f} %", value * 100);
  case CellFormat::kPlain: return fmt::format("{}", value);
  default: return formatCount(value);
  }
}

std::string rawText(const ReportCell &cell) {
  if (const auto *whole = std::get_if<std::int64_t>(&cell)) return std::to_string(*whole);
  if (const auto *real = std::get_if<double>(&cell)) return fmt::format("{}", *real);
  if (const auto *text = std::get_if<std::string>(&cell)) return *text;
  return {};
}

bool rightAligned(const ReportTable &table, std::size_t column) {
  const CellFormat format = table.columns[column].format;
  if (format != CellFormat::kPlain) return !isText(format);
  return !table.rows.empty() &&
         std::none_of(table.rows.begin(), table.rows.end(), [&](const auto &row) {
           return std::holds_alternative<std::string>(row[column]);
         });
}

// Takes columns from the widest text until the line fits.
void shrink(std::vector<std::size_t> &widths, const std::vector<bool> &elastic, std::size_t width) {
  auto total = [&] {
    std::size_t sum = 0;
    for (const std::size_t w : widths) sum += w + kGap;
    return sum - std::min(sum, kGap);
  };
  while (total() > width) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (elastic[i] && widths[i] > kNarrowest &&
          (widest == widths.size() || widths[i] > widths[widest]))
        widest = i;
    if (widest == widths.size()) return;
    widths[widest] -= std::min(widths[widest] - kNarrowest, total() - width);
  }
}

} // namespace

void limitRows(ReportTable &table, std::size_t limit) {
  if (limit == 0 || table.rows.size() <= limit) return;
  table.hidden += table.rows.size() - limit;
  table.rows.resize(limit);
}

std::string cellText(const ReportCell &cell, CellFormat format, TimeUnit unit) {
  if (const auto *whole = std::get_if<std::int64_t>(&cell))
    return format == CellFormat::kPlain ? std::to_string(*whole)
                                        : numberText(static_cast<double>(*whole), format, unit);
  if (const auto *real = std::get_if<double>(&cell)) return numberText(*real, format, unit);
  if (const auto *text = std::get_if<std::string>(&cell)) return printable(*text);
  return isText(format) ? "" : format == CellFormat::kPlain ? "" : "-";
}

std::string tableText(const ReportTable &table, const Style &style, std::size_t width) {
  std::string out;
  if (!table.title.empty()) out += style.bold(table.title) + "\n";
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    if (table.columns[i].shown) shown.push_back(i);

  std::vector<std::vector<std::string>> cells;
  cells.reserve(table.rows.size());
  std::vector<std::size_t> widths;
  std::vector<bool> elastic, right;
  for (const std::size_t column : shown) {
    widths.push_back(displayWidth(table.columns[column].title));
    right.push_back(rightAligned(table, column));
    elastic.push_back(!right.back());
  }
  for (const auto &row : table.rows) {
    auto &line = cells.emplace_back();
    for (std::size_t i = 0; i < shown.size(); ++i) {
      line.push_back(cellText(row[shown[i]], table.columns[shown[i]].format, table.unit));
      widths[i] = std::max(widths[i], displayWidth(line.back()));
    }
  }
  shrink(widths, elastic, width);

  auto addLine = [&](auto &&textOf, bool header) {
    std::string line;
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const std::string text = textOf(i);
      if (i != 0) line.append(kGap, ' ');
      line += right[i] ? padLeft(text, widths[i]) : padRight(text, widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += header ? style.dim(line) : line;
    out += '\n';
  };
  addLine([&](std::size_t i) { return table.columns[shown[i]].title; }, true);
  for (const auto &line : cells)
    addLine(
        [&](std::size_t i) {
          return table.columns[shown[i]].format == CellFormat::kPath
                     ? shortenPath(line[i], widths[i])
                     : cutToWidth(line[i], widths[i]);
        },
        false);
  if (table.rows.empty()) out += style.dim("(none)") + "\n";
  if (table.hidden != 0)
    out += style.dim(fmt::format("{} more: --limit 0 shows all", table.hidden)) + "\n";
  return out;
}

std::string csvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

std::string tableCsv(const ReportTable &table) {
  std::string out;
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    out += (i == 0 ? "" : ",") + csvField(table.columns[i].key);
  out += '\n';
  for (const auto &row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out += (i == 0 ? "" : ",") + csvField(rawText(row[i]));
    out += '\n';
  }
  return out;
}

std::string markdownCell(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_' || c == '<') out += '\\';
    out += c;
  }
  return out;
}

std::string tableMarkdown(const ReportTable &table) {
  std::string out;
  if (!table.title.empty()) out += "## " + table.title + "\n\n";
  std::string rule;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (!table.columns[i].shown) continue;
    out += "| " + markdownCell(table.columns[i].title) + " ";
    rule += rightAligned(table, i) ? "|---:" : "|---";
  }
  out += "|\n" + rule + "|\n";
  for (const auto &row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      if (table.columns[i].shown)
        out += "| " + markdownCell(cellText(row[i], table.columns[i].format, table.unit)) + " ";
    out += "|\n";
  }
  if (table.hidden != 0) out += fmt::format("\n{} more.\n", table.hidden);
  return out;
}

} // namespace hotloop
