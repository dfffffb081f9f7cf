#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "reference_moe/run/configuration.h"

// The words of the command line for every toggle and value.
namespace hotloop::moe {

// One toggle: its name, its values in the order of its enum, and access by index. `usedIn` says in
// which modes it means anything.
struct ToggleName {
  std::string_view name;
  std::span<const std::string_view> values;
  int (*get)(const Toggles &);
  void (*set)(Toggles &, int);
  bool usedInInference;
  bool meaningful(const Toggles &toggles) const; // false: no value of it changes anything
  std::string_view what;                         // one line for the help
};

// All toggles of Toggles, in the order in which they are always printed.
std::span<const ToggleName> toggleNames();

std::span<const std::string_view> unsafeNames();
std::span<const std::string_view> activationNames();
std::span<const std::string_view> deviceNames();
std::span<const std::string_view> inductorModes();
std::span<const std::string_view> skewNames();
std::span<const std::string_view> delayKinds();
std::span<const std::string_view> delayPlaces();

// Index of `value` among `values`, else a sentence with the legal values and the nearest of them.
Result<int> parseChoice(std::string_view flag, std::string_view value,
                        std::span<const std::string_view> values);

// Sets one toggle by name and value ("dispatch", "grouped"). fusion also takes
// inductor[:default|reduce-overhead|max-autotune|max-autotune-no-cudagraphs].
Result<void> setToggle(Toggles &toggles, std::string_view name, std::string_view value);

// "KIND:PLACE=MICROSECONDS", as --inject-delay takes it.
Result<Delay> parseDelay(std::string_view text);

// "512,1024" into numbers of at least 1; `flag` is for the sentence.
Result<std::vector<std::int64_t>> parseNumbers(std::string_view flag, std::string_view list);

// "item,print" into the flags of a configuration; "" and "none" clear them.
Result<void> parseUnsafe(std::string_view list, Configuration &configuration);

// The name nearest to `word` (edit distance at most 2, or a third of its length), if there is one.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> words);

template <class Enum>
std::string_view nameOf(Enum value, std::span<const std::string_view> values) {
  return values[static_cast<std::size_t>(value)];
}

} // namespace hotloop::moe
