#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hotloop::cli {

// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal
// string alignment), letters compared without case.
std::size_t editDistance(std::string_view a, std::string_view b);

// The candidate that `given` was probably meant to be, or empty: at most a third of its letters (at
// least one, at most three) differ, or it is the only one that begins with `given` (three letters
// or more).
std::string_view closest(std::string_view given, const std::vector<std::string_view> &candidates);

// "; did you mean 'advise'?" or "".
std::string didYouMean(std::string_view given, const std::vector<std::string_view> &candidates);

} // namespace hotloop::cli
