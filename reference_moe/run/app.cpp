#include "reference_moe/run/app.h"

#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "reference_moe/run/commands.h"

namespace hotloop::moe {
namespace {

int report(const Result<void> &result) {
  if (result) return 0;
  fmt::print(stderr, "hotloop-moe: {}\n", result.error().message);
  return result.error().kind == ErrorKind::kInternal ? 1 : 2;
}

} // namespace

int runApp(int argc, char **argv) {
  CLI::App app{"The reference Mixture-of-Experts: every optimization is a switch.", "hotloop-moe"};
  app.require_subcommand(1);
  app.fallthrough(false);
  RunCommand run;
  run.addTo(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &help) {
    return app.exit(help);
  } catch (const CLI::ParseError &error) {
    fmt::print(stderr, "hotloop-moe: {} (hotloop-moe --help lists the flags)\n", error.what());
    return 2;
  }
  if (run.chosen()) return report(run.execute());
  return 2;
}

} // namespace hotloop::moe
