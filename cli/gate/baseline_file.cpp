#include "cli/gate/baseline_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cli/gate/toml_reader.h"

namespace hotloop::cli {

namespace {

constexpr const char *kSchema = "hotloop.baseline/1";

std::string checksumOf(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) {
    if (c == '\r') continue; // git may have turned line ends
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  return fmt::format("{:016x}", hash);
}

std::string counterLine(const BaselineCounter &one) {
  std::string line = "  { counter = " + tomlQuoted(one.counter);
  if (one.level != SeriesLevel::kStep) line += ", phase = " + tomlQuoted(one.phase);
  if (one.level == SeriesLevel::kSite) {
    line += ", file = " + tomlQuoted(one.file) + ", function = " + tomlQuoted(one.function);
    line += fmt::format(", lines = [{}]", fmt::join(one.lines, ", "));
    if (!one.op.empty()) line += ", op = " + tomlQuoted(one.op);
  }
  const LearnedValues &learned = one.learned;
  line += ", class = \"" + stabilityName(learned.stability) + "\"";
  if (learned.stability == Stability::kConstant) {
    line += fmt::format(", value = {}", learned.value);
  } else {
    line += fmt::format(", value = {}, low = {}, high = {}, mean = {:.17g}", learned.value,
                        learned.low, learned.high, learned.mean);
    if (learned.mean == static_cast<double>(static_cast<std::int64_t>(learned.mean))) line += ".0";
  }
  if (learned.stability == Stability::kPeriodic)
    line += fmt::format(", cycle = [{}]", fmt::join(learned.cycle, ", "));
  if (!learned.seen.empty()) {
    std::string seen;
    for (const auto &[value, count] : learned.seen)
      seen += fmt::format("{}[{}, {}]", seen.empty() ? "" : ", ", value, count);
    line += fmt::format(", run_low = {:.9f}, run_high = {:.9f}, seen = [{}]", learned.runLow,
                        learned.runHigh, seen);
  }
  return line + " },\n";
}

struct Field {
  const char *key;
  std::string Fingerprint::*member;
};
constexpr Field kFields[] = {
    {"device_class", &Fingerprint::deviceClass},
    {"device", &Fingerprint::device},
    {"felt", &Fingerprint::felt},
    {"steps_from", &Fingerprint::stepSource},
    {"source", &Fingerprint::source},
    {"attachment", &Fingerprint::attachment},
    {"torch", &Fingerprint::torch},
    {"cuda", &Fingerprint::cuda},
    {"driver", &Fingerprint::driver},
    {"python", &Fingerprint::python},
    {"cpu", &Fingerprint::cpuModel},
};

Result<Stability> stabilityOf(const std::string &name, const toml::table &table,
                              const std::string &label) {
  for (const Stability one :
       {Stability::kConstant, Stability::kPeriodic, Stability::kBounded, Stability::kNoisy})
    if (stabilityName(one) == name) return one;
  return Unexpected(
      invalidInput(fmt::format("{}class cannot be '{}' (one of constant, periodic, bounded, noisy)",
                               tomlPlace(label, table), name)));
}

Result<std::vector<std::int64_t>> wholes(const toml::table &table, std::string_view key,
                                         const std::string &label) {
  std::vector<std::int64_t> values;
  const toml::node *node = table.get(key);
  if (node == nullptr) return values;
  const auto *array = node->as_array();
  const auto wrong = [&] {
    return Unexpected(invalidInput(
        fmt::format("{}{} must be a list of whole numbers", tomlPlace(label, *node), key)));
  };
  if (array == nullptr) return wrong();
  for (const toml::node &item : *array) {
    const auto *value = item.as_integer();
    if (value == nullptr) return wrong();
    values.push_back(value->get());
  }
  return values;
}

Result<BaselineCounter> readCounter(const toml::table &table, const Baseline &baseline,
                                    const std::string &label) {
  HOTLOOP_TRY(onlyKeys(table,
                       {"counter", "phase", "file", "function", "lines", "op", "class", "value",
                        "low", "high", "mean", "cycle", "run_low", "run_high", "seen"},
                       label, "a counter"));
  BaselineCounter one;
  HOTLOOP_ASSIGN(one.counter, tomlText(table, "counter", label));
  HOTLOOP_ASSIGN(one.phase, tomlText(table, "phase", label));
  HOTLOOP_ASSIGN(one.file, tomlText(table, "file", label));
  HOTLOOP_ASSIGN(one.function, tomlText(table, "function", label));
  HOTLOOP_ASSIGN(one.op, tomlText(table, "op", label));
  one.level = table.contains("file")    ? SeriesLevel::kSite
              : table.contains("phase") ? SeriesLevel::kPhase
                                        : SeriesLevel::kStep;
  HOTLOOP_ASSIGN(const auto lines, wholes(table, "lines", label));
  for (const std::int64_t line : lines) one.lines.push_back(static_cast<std::uint32_t>(line));
  HOTLOOP_ASSIGN(const std::string name, tomlText(table, "class", label));
  LearnedValues &learned = one.learned;
  HOTLOOP_ASSIGN(learned.stability, stabilityOf(name, table, label));
  HOTLOOP_ASSIGN(learned.value, tomlWhole(table, "value", label));
  HOTLOOP_ASSIGN(learned.low, tomlWhole(table, "low", label, learned.value));
  HOTLOOP_ASSIGN(learned.high, tomlWhole(table, "high", label, learned.value));
  HOTLOOP_ASSIGN(learned.mean,
                 tomlNumber(table, "mean", label, static_cast<double>(learned.value)));
  HOTLOOP_ASSIGN(learned.cycle, wholes(table, "cycle", label));
  HOTLOOP_ASSIGN(learned.runLow, tomlNumber(table, "run_low", label, learned.mean));
  HOTLOOP_ASSIGN(learned.runHigh, tomlNumber(table, "run_high", label, learned.mean));
  learned.steps = baseline.steps;
  learned.runs = baseline.runs;
  if (learned.stability == Stability::kPeriodic && learned.cycle.empty())
    return Unexpected(
        invalidInput(tomlPlace(label, table) + "a periodic counter needs its cycle = [...]"));
  if (const toml::node *node = table.get("seen"); node != nullptr && node->is_array())
    for (const toml::node &pair : *node->as_array()) {
      const auto *both = pair.as_array();
      if (both == nullptr || both->size() != 2 || !both->get(0)->is_integer() ||
          !both->get(1)->is_integer())
        return Unexpected(
            invalidInput(tomlPlace(label, pair) + "seen must be a list of [value, how often]"));
      learned.seen[both->get(0)->as_integer()->get()] = both->get(1)->as_integer()->get();
    }
  return one;
}

} // namespace

std::string utcNow() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

int daysSince(const std::string &utc) {
  std::tm time{};
  if (std::sscanf(utc.c_str(), "%d-%d-%dT%d:%d:%d", &time.tm_year, &time.tm_mon, &time.tm_mday,
                  &time.tm_hour, &time.tm_min, &time.tm_sec) < 3)
    return -1;
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  const std::time_t then = timegm(&time);
  return static_cast<int>(std::max<std::int64_t>((std::time(nullptr) - then) / 86400, 0));
}

std::string baselineText(const Baseline &baseline) {
  std::string rest;
  const auto text = [&](const char *key, const std::string &value) {
    if (!value.empty()) rest += fmt::format("{} = {}\n", key, tomlQuoted(value));
  };
  text("name", baseline.name);
  text("saved", baseline.saved);
  text("tool", baseline.tool);
  text("commit", baseline.commit);
  text("command", baseline.command);
  text("reason", baseline.reason);
  rest += fmt::format("runs = {}\nsteps = {}\n", baseline.runs, baseline.steps);
  rest += fmt::format("counted = [");
  for (std::size_t i = 0; i < baseline.counted.size(); ++i)
    rest += (i == 0 ? "" : ", ") + tomlQuoted(baseline.counted[i]);
  rest += "]\n";
  rest += fmt::format("step_median_ms = {:.6f}\nstep_p90_ms = {:.6f}\n", baseline.stepMedianMs,
                      baseline.stepP90Ms);
  rest += "counters = [\n";
  for (const BaselineCounter &one : baseline.counters) rest += counterLine(one);
  rest += "]\n\n[fingerprint]\n";
  for (const Field &field : kFields) text(field.key, baseline.fingerprint.*field.member);
  return fmt::format("# What unchanged code does. Changed by: hotloop baseline accept RUN --reason "
                     "'...'\nschema = \"{}\"\nchecksum = \"{}\"\n{}",
                     kSchema, checksumOf(rest), rest);
}

Result<Baseline> parseBaseline(const std::string &text, const std::string &label, bool unsealed) {
  HOTLOOP_ASSIGN(const toml::table table, parseToml(text, label));
  HOTLOOP_ASSIGN(const std::string schema, tomlText(table, "schema", label));
  if (schema != kSchema)
    return Unexpected(invalidInput(
        fmt::format("{} is no baseline that this hotloop reads (schema '{}', wanted '{}'); save it "
                    "again with hotloop baseline save",
                    label, schema, kSchema)));
  HOTLOOP_TRY(onlyKeys(table,
                       {"schema", "checksum", "name", "saved", "tool", "commit", "command",
                        "reason", "runs", "steps", "counted", "step_median_ms", "step_p90_ms",
                        "counters", "fingerprint"},
                       label, ""));
  HOTLOOP_ASSIGN(const std::string checksum, tomlText(table, "checksum", label));
  const std::size_t at = text.find("\nchecksum = ");
  const std::size_t end = at == std::string::npos ? at : text.find('\n', at + 1);
  if (!unsealed && (end == std::string::npos || checksumOf(text.substr(end + 1)) != checksum))
    return Unexpected(invalidInput(fmt::format(
        "{} was changed by hand: its checksum does not fit. Record the change with hotloop "
        "baseline "
        "accept RUN --reason '...', or if the text is right as it stands (after a merge), seal it "
        "with hotloop baseline verify NAME --seal --reason '...'",
        label)));
  Baseline baseline;
  HOTLOOP_ASSIGN(baseline.name, tomlText(table, "name", label));
  HOTLOOP_ASSIGN(baseline.saved, tomlText(table, "saved", label));
  HOTLOOP_ASSIGN(baseline.tool, tomlText(table, "tool", label));
  HOTLOOP_ASSIGN(baseline.commit, tomlText(table, "commit", label));
  HOTLOOP_ASSIGN(baseline.command, tomlText(table, "command", label));
  HOTLOOP_ASSIGN(baseline.reason, tomlText(table, "reason", label));
  HOTLOOP_ASSIGN(baseline.runs, tomlWhole(table, "runs", label));
  HOTLOOP_ASSIGN(baseline.steps, tomlWhole(table, "steps", label));
  HOTLOOP_ASSIGN(baseline.counted, tomlTexts(table, "counted", label));
  HOTLOOP_ASSIGN(baseline.stepMedianMs, tomlNumber(table, "step_median_ms", label));
  HOTLOOP_ASSIGN(baseline.stepP90Ms, tomlNumber(table, "step_p90_ms", label));
  if (baseline.runs < 1 || baseline.steps < 1 || baseline.counted.empty())
    return Unexpected(invalidInput(fmt::format("{} was learned from nothing (runs = {}, steps = "
                                               "{}); save it again with hotloop baseline save",
                                               label, baseline.runs, baseline.steps)));
  if (const toml::table *print = table["fingerprint"].as_table()) {
    std::vector<std::string_view> known;
    for (const Field &field : kFields) known.push_back(field.key);
    HOTLOOP_TRY(onlyKeys(*print, known, label, "[fingerprint]"));
    for (const Field &field : kFields) {
      HOTLOOP_ASSIGN(baseline.fingerprint.*field.member, tomlText(*print, field.key, label));
    }
  }
  if (const toml::array *counters = table["counters"].as_array())
    for (const toml::node &node : *counters) {
      const toml::table *one = node.as_table();
      if (one == nullptr)
        return Unexpected(invalidInput(tomlPlace(label, node) + "a counter must be { ... }"));
      HOTLOOP_ASSIGN(BaselineCounter counter, readCounter(*one, baseline, label));
      baseline.counters.push_back(std::move(counter));
    }
  return baseline;
}

Result<Baseline> readBaseline(const std::string &path) {
  HOTLOOP_ASSIGN(const std::string text, readTextFile(path));
  return parseBaseline(text, path);
}

Result<void> writeBaseline(const std::string &path, const Baseline &baseline) {
  namespace fs = std::filesystem;
  std::error_code failure;
  if (const fs::path folder = fs::path(path).parent_path(); !folder.empty())
    fs::create_directories(folder, failure);
  // Whole or not at all.
  const std::string half = path + ".new";
  errno = 0;
  std::ofstream file(half, std::ios::binary | std::ios::trunc);
  file << baselineText(baseline);
  file.close();
  if (!file) return Unexpected(systemError(errno != 0 ? errno : EIO, "cannot write " + path));
  fs::rename(half, path, failure);
  if (failure) return Unexpected(systemError(failure.value(), "cannot write " + path));
  return {};
}

} // namespace hotloop::cli
