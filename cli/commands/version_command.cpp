#include "cli/commands/version_command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/arguments/common_flags.h"
#include "cli/build_info.h"
#include "core/report/json_parts.h"

namespace hotloop::cli {

namespace {

Result<int> run(const CommandContext &context) {
  const BuildInfo &build = buildInfo();
  if (context.format() == "json") {
    Json features = Json::object();
    for (const BuildFeature &feature : build.features)
      features[std::string(feature.name)] =
          feature.version.empty() ? Json(feature.present) : Json(feature.version);
    HOTLOOP_TRY(context.emit(dumpJson({{"schema", "hotloop.version/1"},
                                       {"version", build.version},
                                       {"format", build.format},
                                       {"compiler", build.compiler},
                                       {"build_type", build.type},
                                       {"features", std::move(features)}})));
    return kExitOk;
  }
  std::string text = fmt::format("hotloop {}\nrun file format {}\nbuilt with {}, {}\n",
                                 build.version, build.format, build.compiler, build.type);
  for (const BuildFeature &feature : build.features)
    text += fmt::format("{:<22} {}\n", feature.meaning,
                        !feature.present          ? "no"
                        : feature.version.empty() ? "yes"
                                                  : std::string(feature.version));
  HOTLOOP_TRY(context.emit(text));
  return kExitOk;
}

} // namespace

Command versionCommand() {
  return {"version",
          "version, run file format and what this build can do",
          {{formatFlag("text|json"), kJsonFlag}},
          run};
}

} // namespace hotloop::cli
