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
#include "core/report/text_layout.h"

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

// Why a rule made no finding on a run.
struct WhyNot {
  std::string
      verdict; // fired | not_checked | not_worth | unresolved | seldom | explained | no_pattern
  std::vector<std::string> lines;
};

std::string placeOf(const Finding &finding) {
  const Site &site = finding.site;
  const std::string range = site.rangePath.empty() ? "" : " in " + site.rangePath;
  if (site.file.empty() && site.function.empty()) return "a place that is not on record" + range;
  return site.text() + range;
}

// The finding that has the records of `hidden`: the one at the same place, or with the same first
// records, where that can be told.
std::string explainerOf(const Finding &hidden, const Analysis &all) {
  const auto shares = [&](const Finding &other) {
    if (!hidden.site.file.empty() && other.site == hidden.site) return true;
    return std::ranges::any_of(hidden.evidence, [&](const Evidence &row) {
      return std::ranges::any_of(other.evidence, [&](const Evidence &theirs) {
        return theirs.table == row.table && theirs.row == row.row;
      });
    });
  };
  for (const auto *list : {&all.findings, &all.unresolved, &all.notWorth})
    for (const Finding &other : *list)
      if (shares(other)) return other.rule + " (" + other.title + ")";
  return "another finding";
}

WhyNot explainSilence(const std::string &id, const Analysis &all, const Analysis &alone) {
  WhyNot why;
  const auto ofRule = [&](const std::vector<Finding> &findings) {
    std::vector<const Finding *> own;
    for (const Finding &finding : findings)
      if (finding.rule == id) own.push_back(&finding);
    return own;
  };
  for (const Finding *finding : ofRule(all.findings))
    why.lines.push_back("It did fire: " + finding->title + ", at " + placeOf(*finding));
  if (!why.lines.empty()) {
    why.verdict = "fired";
    return why;
  }
  for (const NotChecked &row : all.notChecked)
    if (row.rule == id) why.lines.push_back(row.reason);
  if (!why.lines.empty()) {
    why.verdict = "not_checked";
    return why;
  }
  const std::pair<const char *, const std::vector<Finding> *> others[] = {
      {"not_worth", &all.notWorth}, {"unresolved", &all.unresolved}, {"seldom", &all.seldom}};
  for (const auto &[verdict, findings] : others) {
    for (const Finding *finding : ofRule(*findings))
      why.lines.push_back(finding->title + ", at " + placeOf(*finding) + ": " + finding->mayNotPay);
    if (why.lines.empty()) continue;
    why.verdict = verdict;
    return why;
  }
  for (const Finding *finding : ofRule(alone.findings))
    why.lines.push_back(finding->title + ", at " + placeOf(*finding) + ": " +
                        explainerOf(*finding, all) + " explains the same records");
  why.verdict = why.lines.empty() ? "no_pattern" : "explained";
  if (why.lines.empty())
    why.lines.push_back(fmt::format("Nothing in its {} steady steps meets what the rule asks for.",
                                    all.steps.steady));
  return why;
}

Result<int> whyNot(const CommandContext &context, const std::string &given,
                   const std::string &path) {
  HOTLOOP_ASSIGN(const std::string id, canonicalRule(given));
  HOTLOOP_ASSIGN(const AnalyzedRun source, analyzeRun(context, path, {}));
  AnalysisOptions only;
  only.onlyRules = {id};
  only.gains = false;
  HOTLOOP_ASSIGN(const Analysis alone, analyze(source.trace, only));
  const WhyNot why = explainSilence(id, source.analysis, alone);
  const auto rules = builtinRules();
  const auto rule = std::ranges::find(rules, id, &Rule::id);
  if (context.format() == "json") {
    HOTLOOP_TRY(context.emit(dumpJson(
        {{"schema", "hotloop.rules/1"},
         {"rules", Json::array({{{"id", id}, {"name", rule->name}, {"summary", rule->summary}}})},
         {"why_not", {{"run", path}, {"verdict", why.verdict}, {"reasons", why.lines}}}})));
    return kExitOk;
  }
  std::string text = fmt::format("{} {}\n", context.style.bold(id), rule->summary);
  for (const std::string &line : why.lines) text += "  " + printable(line) + "\n";
  text += context.style.dim("what it looks for: hotloop rules show " + id) + "\n";
  HOTLOOP_TRY(context.emit(text));
  return kExitOk;
}

Result<int> run(const CommandContext &context) {
  const auto &words = context.arguments.positionals;
  if (!words.empty() && words[0] == "why-not") {
    if (words.size() != 3)
      return Unexpected(
          invalidInput("a rule and a run are wanted: hotloop rules why-not RULE RUN"));
    if (!canonicalRule(words[1]) && canonicalRule(words[2]))
      return Unexpected(invalidInput(
          fmt::format("the rule comes first: hotloop rules why-not {} {}", words[2], words[1])));
    return whyNot(context, words[1], words[2]);
  }
  if (words.size() > 2)
    return Unexpected(invalidInput(fmt::format("'{}' is one word too many", words[2])));
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
           {{"list|show|why-not", false, false, false, "list|show|why-not"},
            {"RULE", false, false, false, {}},
            {"RUN", false, false, true, {}}}},
          run};
}

} // namespace hotloop::cli
