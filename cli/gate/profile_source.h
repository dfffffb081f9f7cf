#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/gate/profile_cache.h"

namespace hotloop::cli {

// The profile of a run, from the cache where it was looked at before (`HOTLOOP_PROFILE_CACHE=off`
// keeps none). Errors: those of analyzeRun().
Result<LoadedProfile> loadProfile(const CommandContext &context, const std::string &run,
                                  const StepChoice &steps = {});
// Only from the cache: nothing where this version has not looked at the run.
std::optional<LoadedProfile> cachedProfile(const CommandContext &context, const std::string &run);
Result<std::vector<LoadedProfile>> loadProfiles(const CommandContext &context,
                                                const std::vector<std::string> &runs,
                                                const StepChoice &steps = {});

// Where caches of this user lie: $XDG_CACHE_HOME/hotloop or ~/.cache/hotloop; empty when neither is
// known.
std::string cacheFolder(const CommandContext &context);

} // namespace hotloop::cli
