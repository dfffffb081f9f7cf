#include "cli/gate/gate_config.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "cli/arguments/suggest.h"
#include "cli/gate/toml_reader.h"

namespace hotloop::cli {

namespace fs = std::filesystem;

namespace {

enum class Kind { kText, kRatio, kTime, kChoice, kCounters, kPairs, kSwitch };
struct SettingSpec {
  const char *name;
  const char *fallback;
  Kind kind;
  const char *choices; // of kChoice
};
constexpr SettingSpec kSettings[] = {
    {"baseline", "main", Kind::kText, ""},
    {"on_missing", "fail", Kind::kChoice, "fail|warn"},
    {"on_inconclusive", "warn", Kind::kChoice, "pass|warn|fail"},
    {"on_mismatch", "error", Kind::kChoice, "error|warn"},
    {"on_data_loss", "fail", Kind::kChoice, "fail|warn"},
    {"single_steps", "warn", Kind::kChoice, "warn|fail"},
    {"fail_on", "", Kind::kCounters, ""},
    {"effect", "5%", Kind::kRatio, ""},
    {"tail_effect", "10%", Kind::kRatio, ""},
    {"pairs", "10,20,30", Kind::kPairs, ""},
    {"max_time", "0", Kind::kTime, ""},
    {"stale_days", "30", Kind::kText, ""},
    {"stale_commits", "200", Kind::kText, ""},
    {"ratchet", "false", Kind::kSwitch, ""},
};

Unexpected badValue(const std::string &origin, const std::string &name, const std::string &value,
                    const std::string &wanted, const std::string &hint = {}) {
  return Unexpected(
      invalidInput(fmt::format("{}: {} cannot be '{}' ({}){}", origin, name, value, wanted, hint)));
}

Result<void> checkSetting(const SettingSpec &spec, const std::string &value,
                          const std::string &origin) {
  switch (spec.kind) {
  case Kind::kRatio:
    if (!parseRatio(value))
      return badValue(origin, spec.name, value, "a percentage with its sign, like \"5%\"");
    break;
  case Kind::kTime:
    if (!parseMilliseconds(value))
      return badValue(origin, spec.name, value, "a time with its unit, like \"10m\" or \"90s\"");
    break;
  case Kind::kChoice: {
    const auto choices = splitChoices(spec.choices);
    if (std::ranges::find(choices, value) == choices.end())
      return badValue(origin, spec.name, value, fmt::format("one of {}", fmt::join(choices, ", ")),
                      didYouMean(value, choices));
    break;
  }
  case Kind::kCounters:
    for (std::size_t begin = 0; begin < value.size();) {
      const std::size_t end = std::min(value.find(',', begin), value.size());
      const std::string name = value.substr(begin, end - begin);
      if (name != "new-sync" && name != "time" && counterOfAlias(name).empty())
        return badValue(origin, spec.name, name,
                        fmt::format("one of {}", fmt::join(counterAliases(), ", ")),
                        didYouMean(name, counterAliases()));
      begin = end + 1;
    }
    break;
  case Kind::kPairs: {
    int last = 0;
    for (std::size_t begin = 0; begin <= value.size();) {
      const std::size_t end = std::min(value.find(',', begin), value.size());
      const std::string word = value.substr(begin, end - begin);
      const int number = std::atoi(word.c_str());
      if (word.empty() || word.find_first_not_of("0123456789") != std::string::npos ||
          number <= last || number > 1000)
        return badValue(origin, spec.name, value, "rising numbers of pairs, like [10, 20, 30]");
      last = number;
      begin = end + 1;
    }
    break;
  }
  default: break;
  }
  return {};
}

Result<std::string> settingText(const toml::node &node, const SettingSpec &spec,
                                const std::string &file) {
  if (const auto *text = node.as_string()) return text->get();
  if (const auto *whole = node.as_integer()) {
    if (spec.kind == Kind::kRatio && whole->get() != 0)
      return badValue(fmt::format("{}:{}", file, tomlLine(node)), spec.name,
                      std::to_string(whole->get()), "a percentage in quotes, like \"5%\"");
    return std::to_string(whole->get());
  }
  if (const auto *flag = node.as_boolean()) return std::string(flag->get() ? "true" : "false");
  if (const auto *array = node.as_array()) {
    std::string joined;
    for (const toml::node &item : *array) {
      std::string one;
      if (const auto *text = item.as_string())
        one = text->get();
      else if (const auto *whole = item.as_integer())
        one = std::to_string(whole->get());
      else
        return Unexpected(invalidInput(tomlPlace(file, item) + spec.name +
                                       " has a value of a type that it cannot have"));
      joined += (joined.empty() ? "" : ",") + one;
    }
    return joined;
  }
  return Unexpected(invalidInput(fmt::format("{}{} has a value of a type that it cannot have",
                                             tomlPlace(file, node), spec.name)));
}

Result<GateLevel> levelOf(const toml::table &table, const std::string &file) {
  HOTLOOP_ASSIGN(const std::string level, tomlText(table, "level", file, "error"));
  if (level == "error") return GateLevel::kError;
  if (level == "warn") return GateLevel::kWarn;
  if (level == "off") return GateLevel::kOff;
  return badValue(fmt::format("{}:{}", file, tomlLine(table)), "level", level,
                  "one of error, warn, off", didYouMean(level, {"error", "warn", "off"}));
}

// A number of a limit: whole, or a text with its unit.
Result<std::optional<double>> limitValue(const toml::table &table, const char *key,
                                         const std::string &counter, const std::string &file) {
  const toml::node *node = table.get(key);
  if (node == nullptr) return std::optional<double>();
  const std::string name(key);
  const std::string origin = fmt::format("{}:{}", file, tomlLine(*node));
  const bool growth = name == "max_growth";
  const bool bytes = isBytesCounter(counter);
  if (const auto *whole = node->as_integer()) {
    if (whole->get() < 0) return badValue(origin, name, std::to_string(whole->get()), "0 or more");
    if (whole->get() == 0 || (!growth && !bytes && counter.find("step.") != 0))
      return std::optional<double>(static_cast<double>(whole->get()));
    return badValue(origin, name, std::to_string(whole->get()),
                    growth  ? "a percentage in quotes, like \"5%\""
                    : bytes ? "bytes with their unit in quotes, like \"4.2MB\""
                            : "a time with its unit in quotes, like \"10ms\"");
  }
  const auto *text = node->as_string();
  if (text == nullptr)
    return Unexpected(invalidInput(
        fmt::format("{}: {} must be a whole number or a text with its unit", origin, name)));
  const auto value = growth                         ? parseRatio(text->get())
                     : bytes                        ? parseBytes(text->get())
                     : counter.starts_with("step.") ? parseMilliseconds(text->get())
                                                    : std::nullopt;
  if (!value)
    return badValue(origin, name, text->get(),
                    growth                         ? "a percentage, like \"5%\""
                    : bytes                        ? "bytes with their unit, like \"4.2MB\""
                    : counter.starts_with("step.") ? "a time with its unit, like \"10ms\""
                                                   : "a whole number");
  return value;
}

std::string limitText(const toml::table &table) {
  std::string text;
  for (const char *key : {"max", "max_new", "max_growth"}) {
    const toml::node *node = table.get(key);
    if (node == nullptr) continue;
    std::string value;
    if (const auto *words = node->as_string())
      value = words->get();
    else if (const auto *whole = node->as_integer())
      value = std::to_string(whole->get());
    const std::string one = std::string(key) == "max" ? "max " + value : "+" + value;
    text += (text.empty() ? "" : ", ") + one;
  }
  return text;
}

Result<void> readLimit(const toml::table &table, const std::string &name, Budget &budget,
                       const std::string &file) {
  HOTLOOP_TRY(
      onlyKeys(table, {"max", "max_new", "max_growth", "level"}, file, "limit '" + name + "'"));
  if (name == "time.body" || name == "time.p90") {
    TimeLimit limit;
    limit.metric = name == "time.body" ? "step.body" : "step.p90";
    HOTLOOP_ASSIGN(limit.maxMs, limitValue(table, "max", limit.metric, file));
    HOTLOOP_ASSIGN(limit.maxGrowth, limitValue(table, "max_growth", limit.metric, file));
    HOTLOOP_ASSIGN(limit.level, levelOf(table, file));
    limit.text = limitText(table);
    budget.times.push_back(std::move(limit));
    return {};
  }
  CounterLimit limit;
  limit.counter = counterOfAlias(name);
  HOTLOOP_ASSIGN(limit.max, limitValue(table, "max", limit.counter, file));
  HOTLOOP_ASSIGN(limit.maxNew, limitValue(table, "max_new", limit.counter, file));
  HOTLOOP_ASSIGN(limit.maxGrowth, limitValue(table, "max_growth", limit.counter, file));
  HOTLOOP_ASSIGN(limit.level, levelOf(table, file));
  limit.text = limitText(table);
  budget.counters.push_back(std::move(limit));
  return {};
}

Result<Budget> readBudget(const toml::table &table, const std::string &file) {
  Budget budget;
  budget.line = tomlLine(table);
  std::vector<std::string_view> known = {"phase", "kernel", "time"};
  for (const std::string_view alias : counterAliases()) known.push_back(alias);
  for (const auto &[key, node] : table) {
    const std::string name(key.str());
    if (name == "phase") {
      HOTLOOP_ASSIGN(budget.phase, tomlText(table, name, file));
      continue;
    }
    if (name == "kernel") {
      HOTLOOP_ASSIGN(budget.kernel, tomlText(table, name, file));
      continue;
    }
    const toml::table *limits = node.as_table();
    if (name == "time" ||
        (name == "bytes" && limits != nullptr &&
         std::ranges::any_of(*limits, [](const auto &one) { return one.second.is_table(); }))) {
      if (limits == nullptr)
        return Unexpected(invalidInput(tomlPlace(file, node) +
                                       "time needs a part: time.body = { max_growth = \"5%\" }"));
      for (const auto &[part, inner] : *limits) {
        const std::string whole = name + "." + std::string(part.str());
        const bool knownPart = whole == "time.body" || whole == "time.p90" ||
                               (name == "bytes" && !counterOfAlias(whole).empty());
        if (!knownPart || !inner.is_table())
          return Unexpected(invalidInput(
              fmt::format("{}:{}: unknown key '{}' in a budget (known: time.body, time.p90, "
                          "bytes.h2d, bytes.d2h, bytes.d2d, bytes.peak, bytes.kept)",
                          file, part.source().begin.line, whole)));
        HOTLOOP_TRY(readLimit(*inner.as_table(), whole, budget, file));
      }
      continue;
    }
    if (counterOfAlias(name).empty() || limits == nullptr) {
      if (!counterOfAlias(name).empty())
        return Unexpected(invalidInput(fmt::format("{}{} must be a table: {} = {{ max_new = 0 }}",
                                                   tomlPlace(file, node), name, name)));
      return Unexpected(invalidInput(fmt::format(
          "{}:{}: unknown key '{}' in a budget{} (known: {})", file, key.source().begin.line, name,
          didYouMean(name, known), fmt::join(known, ", "))));
    }
    HOTLOOP_TRY(readLimit(*limits, name, budget, file));
  }
  if (budget.counters.empty() && budget.times.empty())
    return Unexpected(invalidInput(fmt::format(
        "{}:{}: a budget without a limit; add one: syncs = {{ max_new = 0 }}", file, budget.line)));
  const bool ofKernels = !budget.kernel.empty();
  if (ofKernels && budget.counters.empty())
    return Unexpected(invalidInput(fmt::format(
        "{}:{}: a budget of kernels limits launches or registers: launches = {{ max = 120 }}", file,
        budget.line)));
  for (const CounterLimit &limit : budget.counters)
    if (isOfKernels(limit.counter) && (!ofKernels || !limit.max || limit.maxNew || limit.maxGrowth))
      return Unexpected(
          invalidInput(fmt::format("{}:{}: {} are those of kernels and have no baseline: kernel = "
                                   "\"triton_*\" and {} = {{ max = {} }}",
                                   file, budget.line, counterTitle(limit.counter),
                                   limit.counter == "registers" ? "regs" : "spills",
                                   limit.counter == "registers" ? "168" : "0")));
  return budget;
}

Result<AllowEntry> readAllow(const toml::table &table, const std::string &file) {
  HOTLOOP_TRY(
      onlyKeys(table, {"rule", "phase", "site", "every", "until", "reason"}, file, "[[allow]]"));
  AllowEntry entry;
  entry.line = tomlLine(table);
  const std::string origin = fmt::format("{}:{}", file, entry.line);
  HOTLOOP_ASSIGN(entry.rule, tomlText(table, "rule", file));
  HOTLOOP_ASSIGN(entry.phase, tomlText(table, "phase", file));
  HOTLOOP_ASSIGN(entry.site, tomlText(table, "site", file));
  HOTLOOP_ASSIGN(entry.every, tomlNumber(table, "every", file));
  HOTLOOP_ASSIGN(entry.reason, tomlText(table, "reason", file));
  if (entry.rule.size() > 2 && counterOfAlias(entry.rule).size() > 0)
    entry.rule = verdictOf(counterOfAlias(entry.rule));
  if (!entry.rule.empty() && verdictTitle(entry.rule).empty())
    return badValue(origin, "rule", entry.rule, "a verdict, HG001 to HG013, or a counter",
                    didYouMean(entry.rule, verdictIds()));
  if (entry.reason.empty())
    return Unexpected(invalidInput(origin + ": an allow entry needs a reason = \"...\""));
  if (entry.site.empty() && entry.phase.empty())
    return Unexpected(invalidInput(
        origin + ": an allow entry needs a site = \"file.py:function\" or a phase; else it would "
                 "allow everything"));
  if (entry.every < 0)
    return badValue(origin, "every", fmt::format("{}", entry.every), "a number of steps");
  const toml::node *until = table.get("until");
  if (until == nullptr)
    return Unexpected(invalidInput(
        origin + ": an allow entry needs an end: until = 2026-12-31; renew it while it is needed"));
  if (const auto *date = until->as_date())
    entry.until =
        fmt::format("{:04}-{:02}-{:02}", date->get().year, date->get().month, date->get().day);
  else if (const auto *text = until->as_string())
    entry.until = text->get();
  int year = 0, month = 0, day = 0;
  if (std::sscanf(entry.until.c_str(), "%4d-%2d-%2d", &year, &month, &day) != 3 || month < 1 ||
      month > 12 || day < 1 || day > 31 || entry.until.size() != 10)
    return badValue(origin, "until", entry.until, "a date: until = 2026-12-31");
  return entry;
}

Result<Suite> readSuite(const std::string &name, const toml::table &table,
                        const std::string &file) {
  HOTLOOP_TRY(onlyKeys(table, {"command", "build", "device_class", "steady", "warmup"}, file,
                       "[suite." + name + "]"));
  Suite suite;
  suite.name = name;
  HOTLOOP_ASSIGN(suite.command, tomlTexts(table, "command", file));
  HOTLOOP_ASSIGN(suite.build, tomlText(table, "build", file));
  HOTLOOP_ASSIGN(suite.deviceClass, tomlText(table, "device_class", file));
  HOTLOOP_ASSIGN(suite.steps.warmup, tomlWhole(table, "warmup", file, -1));
  if (const toml::table *steady = table["steady"].as_table()) {
    HOTLOOP_TRY(onlyKeys(*steady, {"skip", "steps"}, file, "steady"));
    const toml::node *skip = steady->get("skip");
    if (skip != nullptr && skip->value<std::string>() != "auto") {
      HOTLOOP_ASSIGN(suite.steps.warmup, tomlWhole(*steady, "skip", file, -1));
    }
    HOTLOOP_ASSIGN(suite.steps.most, tomlWhole(*steady, "steps", file, 0));
  }
  if (suite.command.empty())
    return Unexpected(
        invalidInput(fmt::format("{}:{}: [suite.{}] needs its command = [\"python\", \"train.py\"]",
                                 file, tomlLine(table), name)));
  return suite;
}

} // namespace

double GateConfig::ratio(const std::string &name) const {
  return parseRatio(get(name)).value_or(0);
}

Result<GateConfig> parseGateConfig(const std::string &text, const std::string &file) {
  HOTLOOP_ASSIGN(const toml::table table, parseToml(text, file));
  HOTLOOP_TRY(onlyKeys(table, {"version", "gate", "suite", "budget", "allow"}, file, ""));
  GateConfig config;
  config.file = file;
  HOTLOOP_ASSIGN(const std::int64_t version, tomlWhole(table, "version", file, 1));
  if (version != 1)
    return Unexpected(invalidInput(fmt::format(
        "{}: version {} is not known to this hotloop, which reads version = 1; update hotloop",
        file, version)));
  if (const toml::node *node = table.get("gate")) {
    const toml::table *gate = node->as_table();
    if (gate == nullptr)
      return Unexpected(invalidInput(tomlPlace(file, *node) + "[gate] must be a table"));
    std::vector<std::string_view> known;
    for (const SettingSpec &spec : kSettings) known.emplace_back(spec.name);
    HOTLOOP_TRY(onlyKeys(*gate, known, file, "[gate]"));
    for (const SettingSpec &spec : kSettings) {
      const toml::node *value = gate->get(spec.name);
      if (value == nullptr) continue;
      HOTLOOP_ASSIGN(std::string written, settingText(*value, spec, file));
      const std::string origin = fmt::format("{}:{}", file, tomlLine(*value));
      HOTLOOP_TRY(checkSetting(spec, written, origin));
      config.settings[spec.name] = {std::move(written), origin};
    }
  }
  if (const toml::table *suites = table["suite"].as_table())
    for (const auto &[key, node] : *suites) {
      const toml::table *one = node.as_table();
      if (one == nullptr)
        return Unexpected(invalidInput(tomlPlace(file, node) + "write suites as [suite.NAME]"));
      HOTLOOP_ASSIGN(Suite suite, readSuite(std::string(key.str()), *one, file));
      config.suites.push_back(std::move(suite));
    }
  for (const char *key : {"budget", "allow"}) {
    const toml::node *node = table.get(key);
    if (node == nullptr) continue;
    const toml::array *entries = node->as_array();
    if (entries == nullptr)
      return Unexpected(invalidInput(
          fmt::format("{}write each as [[{}]], with two brackets", tomlPlace(file, *node), key)));
    for (const toml::node &entry : *entries) {
      const toml::table *one = entry.as_table();
      if (one == nullptr)
        return Unexpected(invalidInput(
            fmt::format("{}write each as [[{}]], with two brackets", tomlPlace(file, entry), key)));
      if (std::string_view(key) == "budget") {
        HOTLOOP_ASSIGN(Budget budget, readBudget(*one, file));
        config.budgets.push_back(std::move(budget));
      } else {
        HOTLOOP_ASSIGN(AllowEntry allow, readAllow(*one, file));
        config.allows.push_back(std::move(allow));
      }
    }
  }
  return config;
}

Result<GateConfig> loadGateConfig(const CommandContext &context) {
  const auto &variable = context.surroundings.variable;
  std::error_code ignored;
  std::string file = context.arguments.text("config");
  if (file.empty()) file = variable("HOTLOOP_CONFIG").value_or("");
  const bool named = !file.empty();
  if (!named) {
    for (fs::path at = fs::current_path(ignored);; at = at.parent_path()) {
      if (fs::is_regular_file(at / "hotloop.toml", ignored)) {
        file = at == fs::current_path(ignored) ? "hotloop.toml" : (at / "hotloop.toml").string();
        break;
      }
      if (fs::exists(at / ".git", ignored) || at == at.parent_path()) break;
    }
  }
  GateConfig config;
  if (!file.empty()) {
    HOTLOOP_ASSIGN(const std::string text, readTextFile(file));
    HOTLOOP_ASSIGN(config, parseGateConfig(text, file));
  }
  std::string home = variable("XDG_CONFIG_HOME").value_or("");
  if (home.empty() && variable("HOME")) home = *variable("HOME") + "/.config";
  const std::string userFile = home + "/hotloop/config.toml";
  if (!home.empty() && fs::is_regular_file(userFile, ignored)) {
    HOTLOOP_ASSIGN(const std::string text, readTextFile(userFile));
    HOTLOOP_ASSIGN(const GateConfig user, parseGateConfig(text, userFile));
    for (const auto &[name, setting] : user.settings) config.settings.try_emplace(name, setting);
  }
  for (const SettingSpec &spec : kSettings) {
    std::string flag(spec.name), upper = "HOTLOOP_";
    std::ranges::replace(flag, '_', '-');
    for (const char c : std::string(spec.name)) upper += static_cast<char>(std::toupper(c));
    Setting setting;
    if (context.arguments.has(flag)) {
      std::string joined;
      for (const std::string &one : context.arguments.list(flag))
        joined += (joined.empty() ? "" : ",") + one;
      setting = {spec.kind == Kind::kCounters || spec.kind == Kind::kPairs
                     ? joined
                     : context.arguments.text(flag),
                 "--" + flag};
    } else if (const auto value = variable(upper); value && !value->empty()) {
      setting = {*value, upper};
    }
    if (!setting.origin.empty()) {
      HOTLOOP_TRY(checkSetting(spec, setting.value, setting.origin));
      config.settings[spec.name] = setting;
    }
    config.settings.try_emplace(spec.name, Setting{spec.fallback, "built-in"});
  }
  return config;
}

std::string showGateConfig(const GateConfig &config) {
  std::string out = config.file.empty() ? "# there is no hotloop.toml here or above\n"
                                        : "# " + config.file + "\n";
  out += "[gate]\n";
  for (const SettingSpec &spec : kSettings) {
    const Setting &setting = config.settings.at(spec.name);
    out +=
        fmt::format("{:<40} # {}\n", fmt::format("{} = {}", spec.name, tomlQuoted(setting.value)),
                    setting.origin);
  }
  for (const Suite &suite : config.suites) {
    out += fmt::format("\n[suite.{}]\ncommand = [", suite.name);
    for (std::size_t i = 0; i < suite.command.size(); ++i)
      out += (i == 0 ? "" : ", ") + tomlQuoted(suite.command[i]);
    out += "]\n";
  }
  for (const Budget &budget : config.budgets) {
    out += fmt::format("\n[[budget]]{:>32} {}\nphase = {}\n", "#",
                       budget.line == 0 ? std::string("--max-regress")
                                        : fmt::format("{}:{}", config.file, budget.line),
                       tomlQuoted(budget.phase));
    if (!budget.kernel.empty()) out += "kernel = " + tomlQuoted(budget.kernel) + "\n";
    for (const CounterLimit &limit : budget.counters)
      out += fmt::format("# {}: {}\n", limit.counter, limit.text);
    for (const TimeLimit &limit : budget.times)
      out += fmt::format("# {}: {}\n", limit.metric, limit.text);
  }
  for (const AllowEntry &allow : config.allows)
    out += fmt::format("\n[[allow]]{:>33} {}:{}\nrule = {}\nsite = {}\nuntil = {}\nreason = {}\n",
                       "#", config.file, allow.line, tomlQuoted(allow.rule), tomlQuoted(allow.site),
                       allow.until, tomlQuoted(allow.reason));
  return out;
}

} // namespace hotloop::cli
