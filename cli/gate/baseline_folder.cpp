#include "cli/gate/baseline_folder.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "cli/gate/baseline_file.h"
#include "cli/gate/subprocess.h"

namespace hotloop::cli {

namespace fs = std::filesystem;

namespace {

constexpr const char *kFolder = "hotloop-baseline";

Unexpected noBaseline(const std::string &name, const std::string &folder,
                      const std::string &deviceClass) {
  std::string others;
  for (const BaselineEntry &entry : listBaselines(folder))
    others += fmt::format("{}{} ({})", others.empty() ? "" : ", ", entry.name, entry.deviceClass);
  return Unexpected(nothingMeasured(
      fmt::format("there is no baseline '{}' for device class {} in {} ({}); save one with: "
                  "hotloop baseline save "
                  "{} RUN",
                  name, deviceClass, folder,
                  others.empty() ? "the folder has none" : "there are: " + others, name)));
}

Result<ResolvedBaseline> fromGit(const std::string &given, const std::string &fallbackName,
                                 const std::string &folder, const std::string &deviceClass) {
  std::string ref = given.substr(4);
  std::string name = fallbackName;
  if (const std::size_t colon = ref.find(':'); colon != std::string::npos) {
    name = ref.substr(colon + 1);
    ref.resize(colon);
  }
  HOTLOOP_TRY(checkBaselineName(name));
  if (ref.empty() || ref[0] == '-')
    return Unexpected(invalidInput("--baseline git:REF needs a branch, tag or commit"));
  const std::string top = gitLine({"rev-parse", "--show-toplevel"});
  std::error_code ignored;
  std::string inside = fs::relative(fs::absolute(folder), top, ignored).string();
  if (top.empty() || inside.empty())
    return Unexpected(
        invalidInput("--baseline git:REF works inside of a git repository; this is none"));
  const std::string object = fmt::format("{}:{}/{}.{}.toml", ref, inside, name, deviceClass);
  SubprocessOptions options;
  options.capture = true;
  options.quiet = true;
  HOTLOOP_ASSIGN(const SubprocessOutcome shown, runSubprocess({"git", "show", object}, options));
  if (shown.exitCode != 0)
    return Unexpected(nothingMeasured(
        fmt::format("git has no {}; commit a baseline there, or fetch the branch first", object)));
  HOTLOOP_ASSIGN(Baseline baseline, parseBaseline(shown.output, "git:" + object));
  return ResolvedBaseline{std::move(baseline), "git:" + object};
}

} // namespace

std::string baselineFolder(const std::string &configFile) {
  if (!configFile.empty()) {
    const fs::path parent = fs::path(configFile).parent_path();
    return (parent.empty() ? fs::path(kFolder) : parent / kFolder).string();
  }
  std::error_code ignored;
  const fs::path start = fs::current_path(ignored);
  for (fs::path at = start;; at = at.parent_path()) {
    if (fs::is_directory(at / kFolder, ignored) || fs::exists(at / "hotloop.toml", ignored)) {
      if (at == start) return kFolder;
      return (at / kFolder).string();
    }
    if (fs::exists(at / ".git", ignored) || at == at.parent_path()) return kFolder;
  }
}

std::string baselinePath(const std::string &folder, const std::string &name,
                         const std::string &deviceClass) {
  return fmt::format("{}/{}.{}.toml", folder, name, deviceClass);
}

Result<void> checkBaselineName(const std::string &name) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  if (!name.empty() && name.size() <= 100 &&
      name.find_first_not_of(kLetters) == std::string::npos && name[0] != '-')
    return {};
  return Unexpected(invalidInput(fmt::format(
      "'{}' cannot be the name of a baseline; use letters, digits, '-' and '_'", name)));
}

std::vector<BaselineEntry> listBaselines(const std::string &folder) {
  std::vector<BaselineEntry> entries;
  std::error_code ignored;
  for (const auto &file : fs::directory_iterator(folder, ignored)) {
    const std::string name = file.path().filename().string();
    if (!name.ends_with(".toml")) continue;
    const std::string stem = name.substr(0, name.size() - 5);
    const std::size_t dot = stem.find('.');
    if (dot == std::string::npos) continue;
    entries.push_back({stem.substr(0, dot), stem.substr(dot + 1), file.path().string()});
  }
  std::ranges::sort(entries, {}, &BaselineEntry::path);
  return entries;
}

Result<ResolvedBaseline> resolveBaseline(const std::string &given, const std::string &fallbackName,
                                         const std::string &folder,
                                         const std::string &deviceClass) {
  if (given.starts_with("git:")) return fromGit(given, fallbackName, folder, deviceClass);
  const bool isPath = given.find('/') != std::string::npos || given.ends_with(".toml");
  const std::string path = isPath ? given : baselinePath(folder, given, deviceClass);
  if (!isPath) HOTLOOP_TRY(checkBaselineName(given));
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    if (isPath)
      return Unexpected(nothingMeasured(fmt::format(
          "the baseline {} does not exist; save one with hotloop baseline save", path)));
    return noBaseline(given, folder, deviceClass);
  }
  HOTLOOP_ASSIGN(Baseline baseline, readBaseline(path));
  return ResolvedBaseline{std::move(baseline), path};
}

} // namespace hotloop::cli
