#include "cli/prove/prove_suite.h"

#include <unistd.h>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "cli/gate/text_file.h"
#include "cli/prove/builtin_suites.h"

namespace hotloop::cli {

namespace {

using Json = nlohmann::json;

// Reads one object; remembers the first thing that is wrong with it.
class Part {
public:
  Part(const Json &json, std::string place, const SuiteValues &values, std::string &wrong)
      : json_(json), place_(std::move(place)), values_(values), wrong_(wrong) {
    if (!json_.is_object()) say("is no object");
  }

  std::string text(const char *key, bool required = false) {
    const Json *value = find(key, required);
    if (value == nullptr) return {};
    if (!value->is_string()) return say(fmt::format("\"{}\" is no text", key)), std::string();
    return filled(value->get<std::string>());
  }
  std::vector<std::string> words(const char *key, bool required = false) {
    const Json *value = find(key, required);
    std::vector<std::string> words;
    if (value == nullptr) return words;
    const bool texts =
        value->is_array() &&
        std::all_of(value->begin(), value->end(), [](const Json &w) { return w.is_string(); });
    if (!texts) return say(fmt::format("\"{}\" is no list of texts", key)), words;
    for (const Json &word : *value) words.push_back(filled(word.get<std::string>()));
    return words;
  }
  double number(const char *key, double otherwise) {
    const Json *value = find(key, false);
    if (value == nullptr) return otherwise;
    if (!value->is_number()) return say(fmt::format("\"{}\" is no number", key)), otherwise;
    return value->get<double>();
  }
  std::optional<std::vector<double>> numbers(const char *key, std::size_t count) {
    const Json *value = find(key, false);
    if (value == nullptr) return std::nullopt;
    const bool right =
        value->is_array() && value->size() == count &&
        std::all_of(value->begin(), value->end(), [](const Json &n) { return n.is_number(); });
    if (!right)
      return say(fmt::format("\"{}\" is no list of {} numbers", key, count)), std::nullopt;
    return value->get<std::vector<double>>();
  }
  template <class F> void each(const char *key, F visit) {
    const Json *value = find(key, true);
    if (value == nullptr) return;
    if (!value->is_array() || value->empty())
      return say(fmt::format("\"{}\" is no list with entries", key));
    std::size_t index = 0;
    for (const Json &entry : *value) {
      Part part(entry, fmt::format("{}/{}/{}", place_, key, index++), values_, wrong_);
      if (entry.is_object()) visit(part);
    }
  }
  void say(const std::string &what) {
    if (wrong_.empty()) wrong_ = fmt::format("{} {}", place_.empty() ? "the whole" : place_, what);
  }

private:
  const Json *find(const char *key, bool required) {
    if (json_.is_object() && json_.contains(key)) return &json_.at(key);
    if (required) say(fmt::format("has no \"{}\"", key));
    return nullptr;
  }
  std::string filled(std::string text) const {
    for (const auto &[name, value] : values_) {
      const std::string place = "{" + name + "}";
      for (std::size_t at = text.find(place); at != text.npos;
           at = text.find(place, at + value.size()))
        text.replace(at, place.size(), value);
    }
    return text;
  }
  const Json &json_;
  std::string place_;
  const SuiteValues &values_;
  std::string &wrong_;
};

SuiteCase readCase(Part &part, bool bench, bool trace) {
  SuiteCase one;
  one.name = part.text("name", true);
  one.fixClass = part.text("class", true);
  one.compare = part.text("compare", bench);
  one.good = part.words("good", !bench && !trace);
  one.predict = part.words("predict", true);
  one.measured = part.numbers("measured", 3);
  if (trace && !bench && !one.measured) part.say("has no \"measured\", and a trace cannot be run");
  return one;
}

SuiteProgram readProgram(Part &part, bool bench) {
  SuiteProgram program;
  program.name = part.text("name", true);
  program.trace = part.text("trace");
  program.bad = part.words("bad", program.trace.empty());
  program.unprofiledMs = part.number("t0_ms", 0);
  program.compare = part.text("compare", bench);
  part.each("cases", [&](Part &entry) {
    program.cases.push_back(readCase(entry, bench, !program.trace.empty()));
  });
  return program;
}

// A word with a slash must be a file where it is the program to run.
std::string whyNotRunnable(const std::vector<std::string> &command) {
  if (command.empty()) return {};
  for (const std::string &word : command) {
    const std::size_t open = word.find('{');
    const std::size_t close = word.find('}');
    if (open != word.npos && close != word.npos && open < close)
      return fmt::format("{} has no value; give --set {}=...", word.substr(open, close - open + 1),
                         word.substr(open + 1, close - open - 1));
  }
  if (command[0].find('/') != std::string::npos && access(command[0].c_str(), X_OK) != 0)
    return command[0] + " is not there";
  return {};
}

} // namespace

Result<ProveSuite> parseSuite(const std::string &text, const std::string &path,
                              const SuiteValues &values) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded())
    return Unexpected(invalidInput(path + ": is no JSON; docs/cli/prove.md shows a suite"));
  std::string wrong;
  ProveSuite suite;
  Part whole(json, "", values, wrong);
  if (whole.text("schema", true) != "hotloop.prove-suite/1")
    whole.say("is no suite of this hotloop (\"schema\" must be \"hotloop.prove-suite/1\")");
  suite.name = whole.text("suite", true);
  whole.each("groups", [&](Part &part) {
    SuiteGroup group;
    group.name = part.text("name", true);
    group.bench = part.words("bench");
    group.rounds = static_cast<int>(part.number("rounds", group.rounds));
    group.steps = static_cast<int>(part.number("steps", group.steps));
    part.each("programs", [&](Part &entry) {
      group.programs.push_back(readProgram(entry, !group.bench.empty()));
    });
    suite.groups.push_back(std::move(group));
  });
  if (!wrong.empty())
    return Unexpected(invalidInput(fmt::format("{}: {}; see hotloop help prove", path, wrong)));
  return suite;
}

std::string whyNotRunnable(const SuiteGroup &group) {
  if (const std::string why = whyNotRunnable(group.bench); !why.empty()) return why;
  for (const SuiteProgram &program : group.programs) {
    if (const std::string why = whyNotRunnable(program.bad); !why.empty()) return why;
    if (!program.trace.empty())
      if (const std::string why = whyNotRunnable({"trace", program.trace}); !why.empty())
        return why;
    for (const SuiteCase &one : program.cases)
      if (const std::string why = whyNotRunnable(one.good); !why.empty()) return why;
  }
  return {};
}

std::vector<std::string> builtinSuiteNames() {
  std::vector<std::string> names;
  for (const HelpTopic &suite : builtinSuites()) names.emplace_back(suite.name);
  return names;
}

Result<std::string> suiteText(const std::string &nameOrFile) {
  for (const HelpTopic &suite : builtinSuites())
    if (suite.name == nameOrFile) return std::string(suite.markdown);
  if (nameOrFile.find('/') == std::string::npos && !nameOrFile.ends_with(".json"))
    return Unexpected(
        invalidInput(fmt::format("there is no suite '{}' (one of {}, or a file: FILE.json)",
                                 nameOrFile, fmt::join(builtinSuiteNames(), ", "))));
  return readTextFile(nameOrFile);
}

} // namespace hotloop::cli
