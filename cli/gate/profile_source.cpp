#include "cli/gate/profile_source.h"

#include <filesystem>

#include "cli/run_source.h"
#include "core/trace/meta_keys.h"

namespace hotloop::cli {

std::string cacheFolder(const CommandContext &context) {
  const auto &variable = context.surroundings.variable;
  const std::string cache = variable("XDG_CACHE_HOME").value_or("");
  if (!cache.empty()) return cache + "/hotloop";
  const std::string home = variable("HOME").value_or("");
  return home.empty() ? "" : home + "/.cache/hotloop";
}

namespace {

// Files of this repository are named from its top: a checkout in another folder is the same code.
std::string repositoryTop() {
  std::error_code ignored;
  for (auto at = std::filesystem::current_path(ignored);; at = at.parent_path()) {
    if (std::filesystem::exists(at / ".git", ignored)) return at.string() + "/";
    if (at == at.parent_path()) return {};
  }
}

void nameFromTop(LoadedProfile &loaded) {
  const std::string top = repositoryTop();
  if (top.size() < 2) return;
  const auto shorten = [&](std::string &file) {
    if (file.starts_with(top)) file.erase(0, top.size());
  };
  for (CounterSeries &series : loaded.profile.series) shorten(series.file);
  for (TimeOwner &owner : loaded.profile.owners) shorten(owner.file);
  for (CostRow &row : loaded.sites) shorten(row.site.file);
}

ProfileCache cacheOf(const CommandContext &context) {
  const std::string folder = cacheFolder(context);
  const bool off = context.surroundings.variable("HOTLOOP_PROFILE_CACHE").value_or("") == "off";
  return ProfileCache(off || folder.empty() ? "" : folder + "/profiles");
}

} // namespace

std::optional<LoadedProfile> cachedProfile(const CommandContext &context, const std::string &run) {
  auto known = cacheOf(context).find(run, {});
  if (known) nameFromTop(*known);
  return known;
}

Result<LoadedProfile> loadProfile(const CommandContext &context, const std::string &run,
                                  const StepChoice &steps) {
  const ProfileCache cache = cacheOf(context);
  if (auto known = cache.find(run, steps)) {
    nameFromTop(*known);
    return std::move(*known);
  }
  AnalysisOptions options;
  options.gains = false; // no gain is shown here
  options.steps = steps;
  HOTLOOP_ASSIGN(const AnalyzedRun analyzed, analyzeRun(context, run, options));
  LoadedProfile loaded{profileRun(analyzed.trace, steps),
                       analyzed.run,
                       analyzed.steps,
                       analyzed.quality,
                       analyzed.analysis.sites,
                       {}};
  constexpr std::pair<std::string_view, const char *> kConditions[] = {
      {meta_key::kHost, "host"},
      {meta_key::kCpuModel, "CPU"},
      {meta_key::kTorchVersion, "torch"},
      {meta_key::kPythonVersion, "Python"},
      {meta_key::kCudaVersion, "CUDA"},
      {meta_key::kDriverVersion, "driver"},
      {meta_key::kTorchAttachment, "attachment"},
      {meta_key::kToolVersion, "hotloop"},
  };
  for (const auto &[key, name] : kConditions)
    loaded.conditions.emplace_back(name, analyzed.trace.meta(key));
  // A run that is still being written changes under the cache.
  if (loaded.profile.state != "running") cache.keep(run, steps, loaded);
  nameFromTop(loaded);
  return loaded;
}

Result<std::vector<LoadedProfile>> loadProfiles(const CommandContext &context,
                                                const std::vector<std::string> &runs,
                                                const StepChoice &steps) {
  std::vector<LoadedProfile> loaded;
  for (const std::string &run : runs) {
    HOTLOOP_ASSIGN(LoadedProfile one, loadProfile(context, run, steps));
    loaded.push_back(std::move(one));
  }
  return loaded;
}

} // namespace hotloop::cli
