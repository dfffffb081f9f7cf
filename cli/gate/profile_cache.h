#pragma once

#include <optional>
#include <string>

#include "analyzers/analysis.h"
#include "analyzers/gate/run_profile.h"
#include "core/report/report.h"

namespace hotloop::cli {

// What check, diff, sweep and history need of a run; small beside it.
struct LoadedProfile {
  RunProfile profile;
  ReportRun run;
  StepFigures steps;
  std::vector<QualityNote> quality;
  std::vector<CostRow> sites; // as stats shows them
  // What diff compares of the surroundings: host, CPU, torch, ... by name.
  std::vector<std::pair<std::string, std::string>> conditions;
};

// As bytes and back; the format belongs to this version of the program. Nothing when the bytes are
// damaged or of another version.
std::string packProfile(const LoadedProfile &loaded);
std::optional<LoadedProfile> unpackProfile(std::string_view bytes);

// Kept in the user's cache folder under a name that follows from the file's path, size, times and
// inode, so that a file which changed is read anew. Failures are silent: a cache may be missing.
class ProfileCache {
public:
  // `folder` empty: keeps nothing.
  explicit ProfileCache(std::string folder) : folder_(std::move(folder)) {}
  std::optional<LoadedProfile> find(const std::string &run, const StepChoice &steps) const;
  void keep(const std::string &run, const StepChoice &steps, const LoadedProfile &loaded) const;

private:
  std::string pathOf(const std::string &run, const StepChoice &steps) const;
  std::string folder_;
};

} // namespace hotloop::cli
