#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "analyzers/timeline/transforms.h"

// What the changes of transforms.h are built from: which records a Where means, the lines and
// operators around them.
namespace hotloop::timeline {

// Names of operators that read a value back, with the copy and the wait inside of them.
bool readsBack(std::string_view operatorName);

class SiteFilter {
public:
  SiteFilter(const WhatIf &whatIf, const Where &where);

  // Anchors of the steps of the template that the filter means, in order.
  std::vector<std::uint32_t> anchors(AnchorKind kind) const;
  bool matches(std::uint32_t anchor) const;
  // A site was given, and nothing in this run has it: a sentence with the nearest, else empty.
  std::string unknownSite() const;

private:
  bool matchesSite(std::uint16_t thread, std::uint32_t record) const;
  bool inRange(std::uint16_t thread, std::int64_t time) const;

  const WhatIf &whatIf_;
  const Where &where_;
  std::unordered_set<std::uint32_t> ops_, apis_;
  std::string file_; // of the site
  std::uint32_t line_ = 0;
  StringId name_; // operator or range of that name
  struct Stretch {
    std::int64_t start, end;
    ThreadId thread;
  };
  std::vector<Stretch> ranges_;
  std::vector<std::uint8_t> frameMatches_; // by frame id
};

// The record of an anchor's call; kNoIndex for borders.
std::uint32_t recordOf(const Timeline &timeline, std::uint32_t anchor);
// Row of trace->ops behind a record; kNoIndex for calls.
inline std::uint32_t opRow(const ThreadRecords &records, std::uint32_t record) {
  return (records.row[record] & kApiBit) != 0 ? kNoIndex : records.row[record];
}
// Is the anchor in a step of the template?
bool inTemplate(const Timeline &timeline, std::uint32_t anchor);

// Adds what a removed record takes with it: its source line with the Python time around it when its
// place is known, else [start, end) of the record. False when the place is not known.
class LineCutter {
public:
  explicit LineCutter(const WhatIf &whatIf);
  bool cut(std::uint16_t thread, std::uint32_t record, Edit &edit);
  // All occurrences of a line on a thread, in the template.
  std::size_t cutLine(std::string_view fileLine, Edit &edit);

private:
  struct Line {
    StringId file;
    std::uint32_t line = 0;
    bool operator==(const Line &) const = default;
  };
  Line lineOf(FrameId frame) const;
  void cutRun(std::uint16_t thread, std::uint32_t first, std::uint32_t last, Edit &edit) const;
  // Does the rest of the line do a real share of the step's device work, so that it stays?
  bool doesMore(std::uint16_t thread, std::uint32_t first, std::uint32_t last,
                std::uint32_t record) const;

  const WhatIf &whatIf_;
  double workThatStays_ = 0;                         // device time per step, ns
  std::vector<double> usualPause_;                   // by thread: between lines, ns
  std::vector<std::vector<std::int64_t>> endBefore_; // by thread: latest end of earlier records
};

} // namespace hotloop::timeline
