#include "cli/gate/suite.h"

#include <fmt/format.h>

namespace hotloop::cli {

Result<const Suite *> usedSuite(const CommandContext &context, const GateConfig &config) {
  if (!context.arguments.trailing.empty()) return nullptr;
  const std::string wanted = context.arguments.text("suite");
  for (const Suite &suite : config.suites)
    if (wanted.empty() || suite.name == wanted) return &suite;
  if (wanted.empty()) return nullptr;
  return Unexpected(
      invalidInput(fmt::format("there is no [suite.{}] in {}", wanted,
                               config.file.empty() ? "any hotloop.toml" : config.file)));
}

} // namespace hotloop::cli
