#include "cli/commands/query_command.h"

#include <limits>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/arguments/common_flags.h"
#include "core/report/json_parts.h"
#include "core/report/report_table.h"
#include "core/store/database.h"

namespace hotloop::cli {

namespace {

constexpr std::int64_t kRowsShown = 1000;

// "count", "count_2": a JSON object holds a key once.
std::vector<std::string> distinct(const std::vector<std::string> &names) {
  std::set<std::string> taken;
  std::vector<std::string> result;
  for (const std::string &name : names) {
    std::string unique = name;
    for (int i = 2; !taken.insert(unique).second; ++i) unique = fmt::format("{}_{}", name, i);
    result.push_back(unique);
  }
  return result;
}

std::string queryJson(const ReportTable &table, bool cut) {
  Json columns = Json::array();
  for (const ReportColumn &column : table.columns) columns.push_back(column.key);
  return dumpJson({{"schema", "hotloop.query/1"},
                   {"columns", std::move(columns)},
                   {"rows", tableRowsJson(table)},
                   {"cut", cut}});
}

Result<int> run(const CommandContext &context) {
  const std::string &path = context.arguments.positionals[0];
  const std::string &sql = context.arguments.positionals[1];
  const std::string format = context.format();
  std::int64_t limit =
      context.arguments.number("limit", format == "text" || format == "md" ? kRowsShown : 0);
  if (limit == 0) limit = std::numeric_limits<std::int64_t>::max();
  HOTLOOP_ASSIGN(Database database, Database::open(path));
  HOTLOOP_ASSIGN(Database::Table answer, database.query(sql, static_cast<std::size_t>(limit)));
  ReportTable table{"rows", "", {}, std::move(answer.rows), 0};
  const auto keys = distinct(answer.columns);
  for (std::size_t i = 0; i < keys.size(); ++i)
    table.columns.push_back({keys[i], answer.columns[i], CellFormat::kPlain, true});
  HOTLOOP_TRY(context.emit(format == "json"  ? queryJson(table, answer.cut)
                           : format == "csv" ? tableCsv(table)
                           : format == "md"  ? tableMarkdown(table)
                                             : tableText(table, context.style, context.width)));
  if (answer.cut)
    context.note(fmt::format("hotloop query: cut after {} rows; --limit 0 shows all", limit));
  return kExitOk;
}

} // namespace

Command queryCommand() {
  return {"query",
          "ask a run file in SQL",
          {{formatFlag("text|json|csv|md"), kJsonFlag, kOutputFlag, kForceFlag, kLimitFlag},
           {{"RUN", true, false, true, {}}, {"SQL", true, false, false, {}}}},
          run};
}

} // namespace hotloop::cli
