#include "cli/commands/rules_command.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "analyzers/rules/builtin_rules.h"
#include "cli/arguments/common_flags.h"
#include "cli/help/help_text.h"
#include "cli/rule_pages.h"
#include "cli/run_source.h"
#include "core/report/json_parts.h"
#include "core/report/report_table.h"

namespace hotloop::cli {

namespace {

Result<int> list(const CommandContext &context) {
  ReportTable table{"rules",
                    "",
                    {{"id", "id", CellFormat::kText, true},
                     {"name", "name", CellFormat::kText, true},
                     {"summary", "what it looks for", CellFormat::kText, true}},
                    {},
                    0};
  for (const Rule &rule : builtinRules()) // in the order in which they run
    table.rows.push_back({std::string(rule.id), std::string(rule.name), std::string(rule.summary)});
  std::sort(table.rows.begin(), table.rows.end());
  HOTLOOP_TRY(
      context.emit(context.format() == "json"
                       ? dumpJson({{"schema", "hotloop.rules/1"}, {"rules", tableRowsJson(table)}})
                       : tableText(table, context.style, context.width)));
  return kExitOk;
}

Result<int> show(const CommandContext &context, const std::string &given) {
  HOTLOOP_ASSIGN(const std::string id, canonicalRule(given));
  const auto rules = builtinRules();
  const auto rule =
      std::find_if(rules.begin(), rules.end(), [&](const Rule &r) { return r.id == id; });
  const std::string_view page = rulePage(id, rule->name);
  if (page.empty())
    return Unexpected(internalError(fmt::format("rule {} has no page in this build", id)));
  if (context.format() == "json") {
    HOTLOOP_TRY(context.emit(dumpJson({{"schema", "hotloop.rules/1"},
                                       {"rules", Json::array({{{"id", id},
                                                               {"name", rule->name},
                                                               {"summary", rule->summary},
                                                               {"page", page}}})}})));
  } else {
    HOTLOOP_TRY(context.emit(renderHelp(page, context.style, context.width)));
  }
  return kExitOk;
}

Result<int> run(const CommandContext &context) {
  const auto &words = context.arguments.positionals;
  if (words.empty() || words[0] == "list") {
    if (words.size() > 1)
      return Unexpected(invalidInput(fmt::format(
          "hotloop rules list takes no argument; for one rule: hotloop rules show {}", words[1])));
    return list(context);
  }
  if (words.size() < 2)
    return Unexpected(invalidInput("a rule is missing: hotloop rules show RULE"));
  return show(context, words[1]);
}

} // namespace

Command rulesCommand() {
  return {"rules",
          "the rules that advise checks, and the page of each",
          {{formatFlag("text|json"), kJsonFlag, kOutputFlag, kForceFlag},
           {{"list|show", false, false, false, "list|show"}, {"RULE", false, false, false, {}}}},
          run};
}

} // namespace hotloop::cli
