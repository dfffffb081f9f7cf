#include "analyzers/moe_command.h"

#include <algorithm>

namespace hotloop {

namespace {

constexpr std::size_t kFarthestPreset = 3; // switches in which it differs

// Words of a shell-quoted line; quotes do not matter for switches.
std::vector<std::string_view> wordsOf(std::string_view line) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(' ', at)) != line.npos) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

// The value of "--name value" or "--name=value"; the last one counts. Empty: not given.
std::string_view valueOf(std::string_view command, std::string_view name) {
  const auto words = wordsOf(command);
  std::string_view value;
  for (std::size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (!word.starts_with("--")) continue;
    word.remove_prefix(2);
    if (word == name && i + 1 < words.size()) value = words[i + 1];
    if (word.starts_with(name) && word.size() > name.size() && word[name.size()] == '=')
      value = word.substr(name.size() + 1);
  }
  return value;
}

std::size_t positionOf(std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(kMoeSwitches, name) - kMoeSwitches.begin());
}

// The line with "--graph on" in it: replaced or added.
std::string withFlag(std::string command, std::string_view flag) {
  const std::size_t space = flag.find(' ');
  const std::string_view name = flag.substr(0, space);
  std::size_t at = command.find(name);
  while (at != command.npos) {
    const std::size_t end = at + name.size();
    const bool whole = (at == 0 || command[at - 1] == ' ') &&
                       (end == command.size() || command[end] == ' ' || command[end] == '=');
    if (whole) {
      std::size_t valueEnd = command.find(' ', end == command.size() ? end : end + 1);
      if (valueEnd == command.npos) valueEnd = command.size();
      return command.replace(at, valueEnd - at, flag);
    }
    at = command.find(name, end);
  }
  return command + " " + std::string(flag);
}

} // namespace

const std::vector<MoeFix> &moeFixes() {
  static const std::vector<MoeFix> kFixes = {
      {"dispatch", "--dispatch grouped", {"HL104", "HL603", "HL604", "HL602"}},
      {"fusion", "--fusion kernels", {"HL605"}}, // not for chains: it changes the whole layer
      {"amp", "--amp bf16", {"HL501"}},
      {"checkpoint", "--checkpoint off", {"HL701", "HL702"}},
      {"buffers", "--buffers reuse", {"HL201", "HL205"}},
      {"optimizer", "--optimizer fused", {"HL304"}},
      {"graph", "--graph on", {"HL302"}},
  };
  return kFixes;
}

const MoeFix *findMoeFix(std::string_view name) {
  const auto found = std::ranges::find(moeFixes(), name, &MoeFix::name);
  return found == moeFixes().end() ? nullptr : &*found;
}

const std::vector<MoePreset> &moePresets() {
  static const std::vector<MoePreset> kPresets = {
      {"baseline", {"train", "naive", "off", "off", "off", "off", "fresh", "off", "single"}},
      {"development",
       {"train", "grouped", "off", "bf16", "full", "off", "fresh", "off", "foreach"}},
      {"production-inference",
       {"inference", "grouped", "inductor", "bf16", "off", "off", "reuse", "on", "fused"}},
      {"production-training",
       {"train", "grouped", "kernels", "bf16", "full", "off", "reuse", "on", "fused"}},
      {"full", {"train", "grouped", "kernels", "bf16", "selective", "on", "reuse", "on", "fused"}},
  };
  return kPresets;
}

bool isMoeCommand(std::string_view command) {
  for (const std::string_view word : wordsOf(command)) {
    const std::string_view file = word.substr(word.rfind('/') + 1);
    if (file == "hotloop-moe" || file == "hotloop-moe'") return true;
  }
  return false;
}

MoeSwitches moeSwitches(std::string_view command) {
  MoeSwitches switches;
  const std::string_view preset = valueOf(command, "preset");
  const auto &presets = moePresets();
  auto base = std::ranges::find(presets, preset, &MoePreset::name);
  if (base == presets.end()) base = presets.begin();
  std::ranges::copy(base->values, switches.begin());
  for (std::size_t i = 0; i < kMoeSwitches.size(); ++i)
    if (const std::string_view given = valueOf(command, kMoeSwitches[i]); !given.empty())
      switches[i] = given;
  return switches;
}

std::string withMoeFlags(std::string command, std::string_view flags) {
  const auto words = wordsOf(flags);
  for (std::size_t i = 0; i + 1 < words.size(); i += 2)
    command = withFlag(std::move(command), std::string(words[i]) + " " + std::string(words[i + 1]));
  return command;
}

std::string withMoeFix(std::string command, std::string &flags) {
  const std::string needs = moeNeeds(command, flags);
  if (!needs.empty()) flags += " " + needs;
  return withMoeFlags(std::move(command), flags);
}

std::string withoutMoeHabit(std::string command, std::string_view habit) {
  const std::string_view given = valueOf(command, "unsafe");
  std::string kept;
  bool found = false;
  for (std::size_t at = 0; at < given.size();) {
    const std::size_t end = std::min(given.find(',', at), given.size());
    const std::string_view one = given.substr(at, end - at);
    found = found || one == habit;
    if (one != habit) kept += (kept.empty() ? "" : ",") + std::string(one);
    at = end + 1;
  }
  if (!found) return command;
  std::size_t from = command.find("--unsafe");
  const auto to = static_cast<std::size_t>(given.data() - command.data()) + given.size();
  if (!kept.empty()) return command.replace(to - given.size(), given.size(), kept);
  if (from > 0 && command[from - 1] == ' ') --from;
  return command.erase(from, to - from);
}

std::string moeNeeds(std::string_view command, std::string_view flags) {
  MoeSwitches now = moeSwitches(withMoeFlags(std::string(command), flags));
  const auto value = [&](std::string_view name) -> std::string & { return now[positionOf(name)]; };
  std::string needs;
  const auto set = [&](std::string_view name, std::string_view to) {
    if (value(name) == to) return;
    value(name) = to;
    needs += (needs.empty() ? "--" : " --") + std::string(name) + " " + std::string(to);
  };
  const bool captured = value("graph") == "on";
  const bool onDevice = valueOf(command, "device") == "cuda";
  // The kernels of a GPU do the whole layer; a capture cannot read back the tokens of each expert.
  if ((value("fusion") == "kernels" && onDevice) || (captured && value("dispatch") != "dense"))
    set("dispatch", "grouped");
  if (!captured) return needs;
  // The grouped product of PyTorch is captured in bf16 only; the program's own take fp32, too.
  if (value("dispatch") == "grouped" && value("fusion") == "off" && value("amp") != "bf16")
    set("fusion", "kernels");
  if (value("mode") == "train") set("optimizer", "fused");
  return needs;
}

NearestPreset nearestMoePreset(std::string_view command) {
  NearestPreset nearest;
  const MoeSwitches now = moeSwitches(command);
  std::size_t fewest = kFarthestPreset;
  for (const MoePreset &preset : moePresets()) {
    std::vector<std::string> differs;
    for (std::size_t i = 0; i < kMoeSwitches.size(); ++i)
      if (now[i] != preset.values[i]) differs.emplace_back(kMoeSwitches[i]);
    // Forward only and training are different programs.
    const bool sameMode = now.front() == preset.values.front();
    // The baseline is where programs come from, not where advice leads.
    if (!sameMode || differs.size() >= fewest || preset.name == "baseline") continue;
    fewest = differs.size();
    nearest = {std::string(preset.name), std::move(differs)};
  }
  return nearest;
}

} // namespace hotloop
