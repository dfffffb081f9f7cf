#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments/flag_spec.h"
#include "core/base/result.h"

namespace hotloop::cli {

// The value of an environment variable, or nothing when it is not set.
using VariableLookup = std::function<std::optional<std::string>(std::string_view name)>;

// The parsed words of one command. Values are checked: counts are numbers, choices are known.
class Arguments {
public:
  bool has(std::string_view flag) const { return values_.contains(flag); }
  // How often a flag without value was given.
  std::size_t times(std::string_view flag) const;
  // The last value given, else `fallback`.
  std::string text(std::string_view flag, std::string_view fallback = {}) const;
  std::int64_t number(std::string_view flag, std::int64_t fallback) const;
  // All values, split at commas.
  std::vector<std::string> list(std::string_view flag) const;
  // All values as they were given: for values that may hold commas.
  std::vector<std::string> values(std::string_view flag) const;
  // Given as a word, not taken from the environment.
  bool explicitly(std::string_view flag) const {
    return has(flag) && !fromEnvironment_.contains(flag);
  }

  std::vector<std::string> positionals;
  std::vector<std::string> trailing; // the program and its arguments, or the words passed through

private:
  friend class ArgumentParser;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::map<std::string, bool, std::less<>> fromEnvironment_;
};

// `words` are those after the program's name with the command's name taken out. Long flags take
// "--flag value" and "--flag=value", short ones "-f value" and "-fvalue" and may be joined (-qv).
// "--" ends the flags. Defaults come from the variables that the flags name. With --help given
// nothing else is checked. Errors are sentences that begin with "hotloop <command>: ".
Result<Arguments> parseArguments(std::string_view command, const CommandSyntax &syntax,
                                 std::span<const std::string> words,
                                 const VariableLookup &variable);

} // namespace hotloop::cli
