#include <algorithm>
#include <ctime>
#include <map>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/report/gate_writers.h"
#include "core/report/json_parts.h"
#include "core/report/text_layout.h"

namespace hotloop {

namespace {

std::string xmlText(const std::string &text) {
  std::string out;
  // Control characters cannot stand in XML at all.
  for (const char c : printable(text)) switch (c) {
    case '&': out += "&amp;"; break;
    case '<': out += "&lt;"; break;
    case '>': out += "&gt;"; break;
    case '"': out += "&quot;"; break;
    default: out += c;
    }
  return out;
}

// One line without blanks at its ends, as xs:token wants it.
std::string xmlToken(const std::string &text, const char *fallback) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (!blank || (!out.empty() && out.back() != ' ')) out += blank ? ' ' : c;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return xmlText(out.empty() ? fallback : out);
}

std::string caseName(const GateRow &row) {
  std::string name = row.level == "run" ? row.verdict : gateRowTitle(row);
  if (!row.kernel.empty()) name += " of kernels " + row.kernel;
  if (row.level == "phase" || (row.level == "budget" && !row.phase.empty()))
    name += " in " + row.phase;
  if (row.level == "site") {
    name +=
        " at " + (row.site.file.empty() ? "unknown site" : row.site.file + " " + row.site.function);
    if (!row.phase.empty()) name += " in " + row.phase;
  }
  return name;
}

std::string numbers(const GateRow &row) {
  if (!row.base || !row.now) return "";
  return fmt::format("{} -> {} ({}), limit {}", gateValue(row.base, row.unit),
                     gateValue(row.now, row.unit), gateChange(row),
                     row.limit.empty() ? "none" : row.limit);
}

std::string sentence(const GateRow &row) {
  std::string text(row.level == "run" ? "" : gateRowTitle(row) + " " + numbers(row));
  if (!row.message.empty()) text += (text.empty() ? "" : ": ") + row.message;
  return text;
}

std::string verdictTitleOf(const std::string &id) {
  static const std::map<std::string, const char *> kTitles = {
      {"HG001", "New host sync"},
      {"HG002", "More launches"},
      {"HG003", "More graph launches"},
      {"HG004", "New allocation"},
      {"HG005", "More bytes allocated"},
      {"HG006", "More copies"},
      {"HG007", "More bytes copied"},
      {"HG008", "More kernels"},
      {"HG009", "More operators"},
      {"HG010", "Slower step"},
      {"HG011", "Slower tail of steps"},
      {"HG012", "Higher peak of memory"},
      {"HG013", "Memory kept after the step"},
      {"HG020", "Over budget"},
      {"HG030", "Nothing measured"},
      {"HG031", "No steady steps"},
      {"HG032", "Baseline of another world"},
      {"HG033", "No baseline"},
      {"HG034", "Counter collapsed"},
      {"HG035", "Old baseline"},
      {"HG036", "Allow entry expired"},
      {"HG037", "Records were lost"},
      {"HG038", "Program failed"},
      {"HG039", "Counter not measured"},
      {"HG040", "Time not decided"},
  };
  const auto found = kTitles.find(id);
  return found == kTitles.end() ? id : found->second;
}

// A path inside of the repository; others cannot be shown beside code.
bool isRelative(const std::string &file) {
  return !file.empty() && file[0] != '/' && file.find("://") == std::string::npos;
}

std::string uriOf(const std::string &file) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./~";
  std::string out = isRelative(file) ? "" : "file://";
  for (const char c : file)
    if (kPlain.find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return out;
}

std::string githubData(const std::string &text) {
  std::string out;
  for (const char c : text) switch (c) {
    case '%': out += "%25"; break;
    case '\r': out += "%0D"; break;
    case '\n': out += "%0A"; break;
    default: out += c;
    }
  return out;
}
std::string githubProperty(const std::string &text) {
  std::string out;
  for (const char c : githubData(text)) switch (c) {
    case ':': out += "%3A"; break;
    case ',': out += "%2C"; break;
    default: out += c;
    }
  return out;
}

// GitHub shows the first 5,000 results of a file; the worst come first.
constexpr std::size_t kMostResults = 5000;

bool isError(const GateRow &row) {
  return row.status == GateStatus::kFail || row.status == GateStatus::kError;
}

} // namespace

std::string gateJunit(const GateReport &report) {
  std::size_t failures = 0, errors = 0, skipped = 0;
  std::string cases;
  std::map<std::string, int> names;
  for (const GateRow &row : report.rows) {
    std::string name = caseName(row);
    if (const int again = names[row.level + name]++; again > 0)
      name += fmt::format(" #{}", again + 1);
    cases += fmt::format("    <testcase classname=\"hotloop.{}\" name=\"{}\" time=\"0\"", row.level,
                         xmlToken(name, "row"));
    const std::string text = xmlText(sentence(row));
    const std::string type = row.verdict.empty() ? "hotloop" : row.verdict;
    switch (row.status) {
    case GateStatus::kFail:
      ++failures;
      cases += fmt::format(
          ">\n      <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>\n", type,
          text,
          xmlText(row.site.file.empty() ? numbers(row) : row.site.text() + ": " + numbers(row)));
      break;
    case GateStatus::kError:
      ++errors;
      cases += fmt::format(">\n      <error type=\"{}\" message=\"{}\"></error>\n    </testcase>\n",
                           type, text);
      break;
    case GateStatus::kInconclusive:
    case GateStatus::kSkipped:
      ++skipped;
      cases += fmt::format(">\n      <skipped message=\"{}\"></skipped>\n    </testcase>\n", text);
      break;
    default: cases += "/>\n";
    }
  }
  const std::string out = fmt::format("exit {}: {}", report.exit.code, report.exit.reason);
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
                     "  <testsuite name=\"hotloop {}\" package=\"hotloop\" id=\"0\" "
                     "timestamp=\"{:%Y-%m-%dT%H:%M:%S}\" "
                     "hostname=\"localhost\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
                     "skipped=\"{}\" time=\"0\">\n"
                     "    <properties>\n      <property name=\"run\" value=\"{}\"/>\n      "
                     "<property name=\"baseline\" "
                     "value=\"{}\"/>\n    </properties>\n{}    <system-out>{}</system-out>\n    "
                     "<system-err></system-err>\n"
                     "  </testsuite>\n</testsuites>\n",
                     report.command, fmt::gmtime(std::time(nullptr)), report.rows.size(), failures,
                     errors, skipped, xmlText(report.run.file), xmlText(report.baseline), cases,
                     xmlText(out));
}

std::string gateSarif(const GateReport &report) {
  Json rules = Json::array(), results = Json::array();
  std::map<std::string, std::size_t> indexOf;
  for (const GateRow *row : gateProblems(report)) {
    if (results.size() == kMostResults) break;
    const std::string id = row->verdict.empty() ? "HG020" : row->verdict;
    const auto [entry, isNew] = indexOf.try_emplace(id, rules.size());
    if (isNew)
      rules.push_back({{"id", id},
                       {"name", id},
                       {"shortDescription", {{"text", verdictTitleOf(id)}}},
                       {"helpUri", "https://github.com/hotloop/hotloop/blob/main/docs/gate.md"}});
    Json result = {{"ruleId", id},
                   {"ruleIndex", entry->second},
                   {"level", isError(*row) ? "error" : "warning"},
                   {"message", {{"text", printable(sentence(*row))}}},
                   {"partialFingerprints", {{"hotloop/v1", gateFingerprint(*row)}}}};
    if (!row->site.file.empty()) {
      Json location = {{"artifactLocation", {{"uri", uriOf(row->site.file)}}}};
      if (row->site.line > 0) location["region"] = {{"startLine", row->site.line}};
      Json whole = {{"physicalLocation", std::move(location)}};
      if (!row->site.function.empty())
        whole["logicalLocations"] = {
            {{"name", printable(row->site.function)}, {"kind", "function"}}};
      result["locations"] = Json::array({std::move(whole)});
    }
    results.push_back(std::move(result));
  }
  const bool decided = report.count(GateStatus::kError) == 0;
  return dumpJson(
      {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
       {"version", "2.1.0"},
       {"runs", Json::array({{{"tool",
                               {{"driver",
                                 {{"name", "hotloop"},
                                  {"informationUri", "https://github.com/hotloop/hotloop"},
                                  {"rules", std::move(rules)}}}}},
                              {"invocations", Json::array({{{"executionSuccessful", decided},
                                                            {"exitCode", report.exit.code}}})},
                              {"results", std::move(results)}}})}});
}

std::string gateGithub(const GateReport &report) {
  // GitHub shows ten of each kind for a step and drops the rest without a word.
  constexpr std::size_t kShown = 10;
  std::string out;
  std::size_t shown[2] = {}, hidden[2] = {};
  const auto problems = gateProblems(report);
  std::size_t all[2] = {};
  for (const GateRow *row : problems) ++all[isError(*row) ? 1 : 0];
  for (const GateRow *row : problems) {
    const std::size_t kind = isError(*row) ? 1 : 0;
    // The last place is for the count of what is left out.
    const std::size_t room = all[kind] > kShown ? kShown - 1 : kShown;
    if (shown[kind] == room) {
      ++hidden[kind];
      continue;
    }
    ++shown[kind];
    std::string properties;
    if (isRelative(row->site.file)) {
      properties += " file=" + githubProperty(printable(row->site.file));
      if (row->site.line > 0) properties += fmt::format(",line={}", row->site.line);
    }
    const std::string title =
        (row->verdict.empty() ? "" : row->verdict + " ") + verdictTitleOf(row->verdict);
    properties += (properties.empty() ? " title=" : ",title=") + githubProperty(title);
    out += fmt::format("::{}{}::{}\n", kind == 1 ? "error" : "warning", properties,
                       githubData(printable(sentence(*row))));
  }
  for (const std::size_t kind : {1, 0})
    if (hidden[kind] > 0)
      out += fmt::format("::{} title=hotloop::{} more; see the step summary\n",
                         kind == 1 ? "error" : "warning", hidden[kind]);
  if (out.empty())
    out = fmt::format("::notice title=hotloop::passed: {} checks\n", report.rows.size());
  return out;
}

std::string gateGitlab(const GateReport &report) {
  Json issues = Json::array();
  for (const GateRow *row : gateProblems(report)) {
    if (issues.size() == kMostResults) break;
    const std::string path = isRelative(row->site.file)    ? printable(row->site.file)
                             : report.baselineFile.empty() ? std::string("hotloop.toml")
                                                           : report.baselineFile;
    issues.push_back(
        {{"description", printable(verdictTitleOf(row->verdict) + ": " + sentence(*row))},
         {"check_name", row->verdict},
         {"fingerprint", gateFingerprint(*row)},
         {"severity", row->status == GateStatus::kError  ? "critical"
                      : row->status == GateStatus::kFail ? "major"
                                                         : "minor"},
         {"location",
          {{"path", path},
           {"lines",
            {{"begin",
              row->site.line > 0 && isRelative(row->site.file) ? row->site.line : 1u}}}}}});
  }
  return dumpJson(issues);
}

} // namespace hotloop
