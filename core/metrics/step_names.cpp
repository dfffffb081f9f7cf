#include "core/metrics/step_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace hotloop {

namespace {

constexpr std::array<std::string_view, 9> kStepWords = {"step",
                                                        "iteration",
                                                        "iter",
                                                        "profilerstep",
                                                        "train_step",
                                                        "training_step",
                                                        "train_iteration",
                                                        "training_iteration",
                                                        "inference_step"};

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }
bool isDigit(char c) { return c >= '0' && c <= '9'; }

// Letters in small, spaces and hyphens between words as '_'.
bool startsWithWord(std::string_view name, std::string_view word) {
  if (name.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    char c = lower(name[i]);
    if (c == ' ' || c == '-') c = '_';
    if (c != word[i]) return false;
  }
  return true;
}

} // namespace

bool isStepName(std::string_view name, std::int64_t &number) {
  number = -1;
  for (const std::string_view word : kStepWords) {
    if (!startsWithWord(name, word)) continue;
    std::string_view rest = name.substr(word.size());
    const std::size_t separators = std::min(rest.find_first_not_of(" _#:=-"), rest.size());
    rest.remove_prefix(separators);
    std::size_t digits = 0;
    while (digits < rest.size() && isDigit(rest[digits])) ++digits;
    if (digits == 0) {
      if (rest.empty()) return true;
      continue; // "step forward", "stepper"
    }
    // "step 12 of 100" is one, "step12b" is not.
    if (digits < rest.size() && std::isalnum(static_cast<unsigned char>(rest[digits]))) continue;
    const auto parsed = std::from_chars(rest.data(), rest.data() + digits, number);
    if (parsed.ec != std::errc()) number = -1;
    return true;
  }
  return false;
}

} // namespace hotloop
