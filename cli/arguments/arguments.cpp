#include "cli/arguments/arguments.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "cli/arguments/common_flags.h"
#include "cli/arguments/suggest.h"

namespace hotloop::cli {

std::size_t Arguments::times(std::string_view flag) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? 0 : found->second.size();
}

std::string Arguments::text(std::string_view flag, std::string_view fallback) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? std::string(fallback) : found->second.back();
}

std::int64_t Arguments::number(std::string_view flag, std::int64_t fallback) const {
  const auto found = values_.find(flag);
  if (found == values_.end()) return fallback;
  const std::string &value = found->second.back();
  std::int64_t number = fallback;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

std::vector<std::string> Arguments::list(std::string_view flag) const {
  std::vector<std::string> items;
  const auto found = values_.find(flag);
  if (found == values_.end()) return items;
  for (const std::string &value : found->second) {
    std::size_t begin = 0;
    while (begin <= value.size()) {
      const std::size_t end = std::min(value.find(',', begin), value.size());
      if (end > begin) items.push_back(value.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return items;
}

std::vector<std::string> Arguments::values(std::string_view flag) const {
  const auto found = values_.find(flag);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

class ArgumentParser {
public:
  ArgumentParser(std::string_view command, const CommandSyntax &syntax)
      : command_(command), syntax_(syntax) {
    flags_ = globalFlags();
    flags_.insert(flags_.end(), syntax.flags.begin(), syntax.flags.end());
  }

  Result<Arguments> parse(std::span<const std::string> words, const VariableLookup &variable) {
    words_ = words;
    while (next_ < words_.size()) {
      const std::string &word = words_[next_++];
      if (syntax_.trailing == Trailing::kPassThrough) {
        if (word == "--help" || word == "-h") arguments_.values_["help"].emplace_back();
        arguments_.trailing.push_back(word);
      } else if (word == "--") {
        takeRest();
      } else if (word.starts_with("--")) {
        HOTLOOP_TRY(longFlag(word));
      } else if (word.size() > 1 && word[0] == '-') {
        HOTLOOP_TRY(shortFlags(word));
      } else if (syntax_.trailing == Trailing::kProgram) {
        --next_;
        takeRest();
      } else {
        arguments_.positionals.push_back(word);
      }
    }
    if (arguments_.has("help")) return std::move(arguments_);
    HOTLOOP_TRY(readEnvironment(variable));
    HOTLOOP_TRY(checkPositionals());
    return std::move(arguments_);
  }

private:
  Unexpected fail(const std::string &sentence) const {
    return Unexpected(invalidInput(fmt::format("hotloop {}: {}", command_, sentence)));
  }

  void takeRest() {
    auto &rest =
        syntax_.trailing == Trailing::kProgram ? arguments_.trailing : arguments_.positionals;
    rest.insert(rest.end(), words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end());
    next_ = words_.size();
  }

  Result<void> longFlag(const std::string &word) {
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const auto found =
        std::find_if(flags_.begin(), flags_.end(), [&](auto &f) { return f.name == name; });
    if (found == flags_.end()) {
      std::vector<std::string_view> names;
      for (const FlagSpec &flag : flags_) names.push_back(flag.name);
      const std::string_view meant = closest(name, names);
      return fail(fmt::format("unknown option --{}{}", name,
                              meant.empty() ? "" : fmt::format("; did you mean '--{}'?", meant)));
    }
    if (found->value == FlagValue::kNone) {
      if (equals != std::string::npos) return fail(fmt::format("option --{} takes no value", name));
      return store(*found, {}, {});
    }
    if (equals != std::string::npos) return store(*found, word.substr(equals + 1), {});
    return storeNext(*found, "--" + name);
  }

  Result<void> shortFlags(const std::string &word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const auto found = std::find_if(flags_.begin(), flags_.end(),
                                      [&](auto &f) { return f.shortName == word[i]; });
      if (found == flags_.end())
        return fail(fmt::format("unknown option -{}{}", word[i],
                                word.size() > 2 ? fmt::format(" in '{}'", word) : std::string()));
      if (found->value != FlagValue::kNone) {
        if (i + 1 < word.size()) return store(*found, word.substr(i + 1), {});
        return storeNext(*found, fmt::format("-{}", word[i]));
      }
      HOTLOOP_TRY(store(*found, {}, {}));
    }
    return {};
  }

  Result<void> storeNext(const FlagSpec &flag, const std::string &shown) {
    if (next_ >= words_.size())
      return fail(fmt::format("option {} needs a value: {} {}", shown, shown, flag.valueName));
    return store(flag, words_[next_++], {});
  }

  // `variable` names the environment variable that the value came from, if it did.
  Result<void> store(const FlagSpec &flag, std::string value, std::string_view variable) {
    const std::string origin = variable.empty() ? fmt::format("option --{}", flag.name)
                                                : fmt::format("environment variable {}", variable);
    if (flag.value == FlagValue::kCount) {
      std::int64_t number = -1;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error != std::errc() || end != value.data() + value.size() || number < 0)
        return fail(fmt::format("{} needs a whole number from 0 on, not '{}'", origin, value));
    }
    if (flag.value == FlagValue::kChoice) {
      const auto choices = splitChoices(flag.valueName);
      const bool known = std::find(choices.begin(), choices.end(), value) != choices.end();
      // HOTLOOP_FORMAT=csv is for the commands that know csv.
      if (!known && variable == "HOTLOOP_FORMAT" && isFormat(value)) return {};
      if (!known)
        return fail(fmt::format("{} cannot be '{}' (one of {}){}", origin, value,
                                fmt::join(choices, ", "), didYouMean(value, choices)));
    }
    if ((flag.value == FlagValue::kFile || flag.value == FlagValue::kText) && value.empty())
      return fail(fmt::format("{} has an empty value", origin));
    auto &values = arguments_.values_[std::string(flag.name)];
    if (!values.empty() && !flag.repeatable && flag.value != FlagValue::kNone)
      return fail(fmt::format("option --{} is given twice", flag.name));
    values.push_back(std::move(value));
    if (!variable.empty()) arguments_.fromEnvironment_[std::string(flag.name)] = true;
    return {};
  }

  static bool isFormat(std::string_view value) {
    return value == "text" || value == "json" || value == "csv" || value == "md";
  }

  Result<void> readEnvironment(const VariableLookup &variable) {
    for (const FlagSpec &flag : flags_) {
      if (flag.environment.empty() || arguments_.has(flag.name)) continue;
      const auto value = variable(flag.environment);
      if (!value.has_value() || value->empty()) continue;
      if (flag.value == FlagValue::kNone && *value == "0") continue;
      HOTLOOP_TRY(
          store(flag, flag.value == FlagValue::kNone ? std::string() : *value, flag.environment));
    }
    return {};
  }

  Result<void> checkPositionals() const {
    if (syntax_.trailing == Trailing::kPassThrough) return {}; // for the program that reads them
    const auto &specs = syntax_.positionals;
    const auto &given = arguments_.positionals;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      if (specs[i].required && i >= given.size())
        return fail(fmt::format("{} is missing: hotloop {}{}", specs[i].name, command_, usage()));
      if (i < given.size() && !specs[i].choices.empty()) {
        const auto choices = splitChoices(specs[i].choices);
        if (std::find(choices.begin(), choices.end(), given[i]) == choices.end())
          return fail(fmt::format("{} cannot be '{}' (one of {}){}", specs[i].name, given[i],
                                  fmt::join(choices, ", "), didYouMean(given[i], choices)));
      }
    }
    const bool many = !specs.empty() && specs.back().repeatable;
    if (syntax_.trailing == Trailing::kPositionals && given.size() > specs.size() && !many)
      return fail(fmt::format("'{}' is one argument too many: hotloop {}{}", given[specs.size()],
                              command_, usage()));
    return {};
  }

  std::string usage() const {
    std::string text;
    for (const PositionalSpec &spec : syntax_.positionals)
      text += spec.required ? fmt::format(" {}", spec.name) : fmt::format(" [{}]", spec.name);
    return text;
  }

  std::string_view command_;
  const CommandSyntax &syntax_;
  std::vector<FlagSpec> flags_;
  std::span<const std::string> words_;
  std::size_t next_ = 0;
  Arguments arguments_;
};

Result<Arguments> parseArguments(std::string_view command, const CommandSyntax &syntax,
                                 std::span<const std::string> words,
                                 const VariableLookup &variable) {
  return ArgumentParser(command, syntax).parse(words, variable);
}

} // namespace hotloop::cli
