#include "reference_moe/run/app.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "reference_moe/run/commands.h"
#include "reference_moe/run/names.h"

namespace hotloop::moe {
namespace {

int refuse(const std::string &sentence) {
  fmt::print(stderr, "hotloop-moe: {}\n", sentence);
  return 2;
}

int report(const Result<void> &result) {
  if (result) return 0;
  const int code = refuse(result.error().message);
  return result.error().kind == ErrorKind::kInternal ? 1 : code;
}

std::string suggestion(const std::string &word, const std::vector<std::string> &known) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  const auto near = nearest(word, names);
  return near ? fmt::format(" Did you mean '{}'?", *near) : "";
}

// CLI11 names no near miss, and reports a misspelt subcommand as a missing one; so both are looked
// for before it parses.
std::string findMisspelling(const CLI::App &app, const std::vector<std::string> &arguments) {
  const CLI::App *command = nullptr;
  std::vector<std::string> names{"--help"};
  for (const std::string &argument : arguments) {
    if (command == nullptr && !argument.starts_with('-')) {
      for (const CLI::App *candidate : app.get_subcommands([](const CLI::App *) { return true; })) {
        names.push_back(candidate->get_name());
        if (candidate->get_name() == argument) command = candidate;
      }
      if (command == nullptr)
        return fmt::format("'{}' is not a subcommand.{}", argument, suggestion(argument, names));
      names = {"--help"};
      for (const CLI::Option *option : command->get_options())
        names.push_back("--" + (option->get_lnames().empty() ? "" : option->get_lnames()[0]));
    } else if (argument.starts_with("--")) {
      const std::string flag = argument.substr(0, argument.find('='));
      if (std::find(names.begin(), names.end(), flag) == names.end())
        return fmt::format("'{}' is not a flag of hotloop-moe{}.{}", flag,
                           command ? " " + command->get_name() : "", suggestion(flag, names));
    }
  }
  return {};
}

} // namespace

int runApp(int argc, char **argv) {
  CLI::App app{"The reference Mixture-of-Experts: every optimization is a switch.", "hotloop-moe"};
  app.require_subcommand(1);
  RunCommand run;
  BenchCommand bench;
  StackCommand stack;
  ValidateCommand validation;
  ConfigurationsCommand configurations;
  run.addTo(app);
  bench.addTo(app);
  stack.addTo(app);
  validation.addTo(app);
  configurations.addTo(app);
  const std::string misspelt = findMisspelling(app, {argv + 1, argv + argc});
  if (!misspelt.empty()) return refuse(misspelt);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &help) {
    return app.exit(help);
  } catch (const CLI::ParseError &error) {
    return refuse(fmt::format("{} (hotloop-moe --help lists the flags)", error.what()));
  }
  if (run.chosen()) return report(run.execute());
  if (bench.chosen()) return report(bench.execute());
  if (stack.chosen()) return report(stack.execute());
  if (validation.chosen()) {
    const Result<bool> good = validation.execute();
    if (!good) return report(Unexpected(good.error()));
    return *good ? 0 : 1;
  }
  return report(configurations.execute());
}

} // namespace hotloop::moe
