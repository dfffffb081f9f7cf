#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "gui/data/trace/trace.h"

namespace hotloop::gui {

// Slices by name. A query is words that must all occur (case does not matter), `-word` that must
// not, `kind:kernel` (a category), or a regular expression between slashes.
class Search {
public:
  // Error: a broken regular expression, in a sentence.
  static Result<Search> compile(const Trace &trace, const std::string &query);

  bool matches(std::uint32_t name) const { return wanted_[name]; }
  const std::vector<bool> &names() const { return wanted_; }
  bool any() const { return any_; }
  // Looks at every slice.
  std::uint64_t count(const Trace &trace) const;
  // The hit nearest after (before) time t, other than one that starts at t; wraps around. kNoSlice
  // when there is none at all.
  std::uint32_t next(const Trace &trace, std::int64_t t) const;
  std::uint32_t previous(const Trace &trace, std::int64_t t) const;

private:
  std::vector<bool> wanted_;
  std::vector<std::uint8_t> flags_; // the same, quick to read
  bool any_ = false;
};

} // namespace hotloop::gui
