#include <fmt/format.h>

#include "cli/arguments/suggest.h"
#include "cli/gate/gate_config.h"

namespace hotloop::cli {

Result<std::vector<Budget>> regressLimits(const std::vector<std::string> &words, bool times) {
  std::vector<std::string_view> known = {"step.body", "step.p90"};
  for (const std::string_view alias : counterAliases())
    if (!isOfKernels(counterOfAlias(alias))) known.push_back(alias);
  std::vector<Budget> budgets;
  for (const std::string &word : words) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::string given = equals == std::string::npos ? std::string() : word.substr(equals + 1);
    const bool time = name == "step.body" || name == "step.p90";
    const std::string_view counter = counterOfAlias(name);
    if (!time && (counter.empty() || isOfKernels(counter)))
      return Unexpected(
          invalidInput(fmt::format("--max-regress cannot be of '{}' (one of {}){}", name,
                                   fmt::join(known, ", "), didYouMean(name, known))));
    const auto ratio = parseRatio(given);
    if (!ratio || *ratio < 0 || (time && *ratio == 0))
      return Unexpected(
          invalidInput(fmt::format("--max-regress {}: '{}' is no percentage{}; write {}=5%", name,
                                   given, time ? " above 0 %" : "", name)));
    if (time && !times)
      return Unexpected(invalidInput(fmt::format(
          "--max-regress {}: check compares no times, because those of a baseline come from "
          "another hour of the machine; use it with hotloop ab, or limit a counter",
          name)));
    Budget budget;
    const std::string text = "+" + given;
    if (time)
      budget.times.push_back({name, std::nullopt, ratio, GateLevel::kError, text});
    else
      budget.counters.push_back(
          {std::string(counter), std::nullopt, std::nullopt, ratio, GateLevel::kError, text});
    budgets.push_back(std::move(budget));
  }
  return budgets;
}

Result<void> addRegressLimits(const CommandContext &context, bool times, GateConfig &config) {
  HOTLOOP_ASSIGN(auto limits, regressLimits(context.arguments.list("max-regress"), times));
  for (const Budget &budget : limits)
    for (const TimeLimit &limit : budget.times) {
      const char *flag = limit.metric == "step.body" ? "effect" : "tail-effect";
      if (context.arguments.has(flag))
        return Unexpected(invalidInput(fmt::format(
            "--max-regress {} and --{} say the same; give one of them", limit.metric, flag)));
    }
  config.budgets.insert(config.budgets.begin(), limits.begin(), limits.end());
  return {};
}

} // namespace hotloop::cli
