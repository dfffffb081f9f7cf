#include "core/export/csv/csv_export.h"

#include <filesystem>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "core/export/export_file.h"
#include "core/export/run_entities.h"
#include "core/store/database.h"
#include "core/trace/tables/all_tables.h"

namespace hotloop {

namespace {

using Row = Database::Row;

struct CsvColumn {
  std::string_view name;
  bool text = false; // an id of `string`
};

void appendText(std::string &line, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    line.append(text);
    return;
  }
  line.push_back('"');
  for (const char c : text) line.append(c == '"' ? 2 : 1, c);
  line.push_back('"');
}

class CsvWriter {
public:
  CsvWriter(Database &database, const RunEntities &run, std::string folder,
            const ExportOptions &options)
      : database_(database), run_(run), folder_(std::move(folder)), options_(options) {}

  template <class Table> Result<void> writeTable() {
    std::vector<CsvColumn> columns;
    std::string sql = "SELECT ";
    constexpr bool event = Table::kInfo.kind == TableKind::kEvent;
    const bool hasId = [] {
      bool found = false;
      Table::template columns<Value>(
          [&](auto, const ColumnInfo &info) { found = found || info.name == "id"; });
      return found;
    }();
    if (!hasId) {
      columns.push_back({"id", false});
      sql += "rowid";
    }
    Table::template columns<Value>([&](auto, const ColumnInfo &info) {
      sql += (columns.empty() ? "\"" : ", \"") + std::string(info.name) + "\"";
      columns.push_back({info.name, info.references == "string"});
    });
    sql += " FROM \"" + std::string(Table::kInfo.name) + "\" t";
    constexpr bool timed = requires(RowOf<Table> row) {
      row.start;
      row.duration;
    };
    if constexpr (event && timed) sql += " WHERE " + options_.window.condition("t");
    HOTLOOP_TRY(write(std::string(Table::kInfo.name), sql + " ORDER BY rowid", columns, event));
    return {};
  }

  ExportReport report() const { return report_; }

private:
  Result<void> write(const std::string &table, const std::string &sql,
                     const std::vector<CsvColumn> &columns, bool event) {
    std::optional<ExportFile> file;
    std::optional<Error> failed;
    std::string line;
    HOTLOOP_TRY(database_.forEach(sql, [&](const Row &row) {
      if (failed) return;
      if (!file) {
        auto made = ExportFile::create(std::filesystem::path(folder_) / (table + ".csv"),
                                       options_.overwrite);
        if (!made) {
          failed = made.error();
          return;
        }
        file = std::move(*made);
        line.clear();
        for (const CsvColumn &column : columns)
          line.append(line.empty() ? "" : ",").append(column.name);
        file->append(line + "\r\n");
      }
      line.clear();
      for (std::size_t i = 0; i < columns.size(); ++i) {
        const int at = static_cast<int>(i);
        if (i > 0) line.push_back(',');
        if (columns[i].text)
          appendText(line, run_.text(row.integer(at)));
        else if (row.isReal(at))
          fmt::format_to(std::back_inserter(line), "{:.17g}", row.real(at));
        else if (row.isText(at))
          appendText(line, row.text(at));
        else if (!row.isNull(at)) {
          const fmt::format_int digits(row.integer(at));
          line.append(digits.data(), digits.size());
        }
      }
      line += "\r\n";
      file->append(line);
      if (event) ++report_.events;
    }));
    if (failed) return Unexpected(*failed);
    if (!file) return {};
    report_.bytes += file->bytes();
    return file->close();
  }

  Database &database_;
  const RunEntities &run_;
  std::string folder_;
  const ExportOptions &options_;
  ExportReport report_;
};

} // namespace

Result<ExportReport> exportCsv(const std::string &run, const std::string &path,
                               const ExportOptions &options) {
  HOTLOOP_ASSIGN(Database database, Database::openRun(run));
  HOTLOOP_ASSIGN(const RunEntities entities, RunEntities::read(database));
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (failed) return Unexpected(systemError(failed.value(), path + ": the folder cannot be made"));
  CsvWriter writer(database, entities, path, options);
  std::optional<Error> error;
  AllTables::forEach([&]<class Table>() {
    if (error) return;
    if (auto written = writer.writeTable<Table>(); !written) error = written.error();
  });
  if (error) return Unexpected(*error);
  return writer.report();
}

} // namespace hotloop
