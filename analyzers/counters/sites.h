#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "analyzers/steps/steps.h"
#include "core/report/finding.h"
#include "core/trace/trace_view.h"

namespace hotloop {

// Index of a place in SiteTable; 0 is "unknown".
using SiteIndex = std::uint32_t;
// Index of a node in RangePaths; 0 is "no range open".
using PathIndex = std::uint32_t;

// Places of code, each once: frames with equal file, line and function are one place.
class SiteTable {
public:
  explicit SiteTable(const TraceView &trace);

  // Of a frame; 0 for none. A native frame without a source file is known by its module, line 0.
  SiteIndex ofFrame(FrameId frame) const;
  // Of the innermost user frame of a stack, inlined frames included; 0 when it has none.
  SiteIndex ofStack(StackId stack) const;
  // An event's own place: its Python location, else its stack.
  SiteIndex of(FrameId location, StackId stack) const;

  // Without range path. Site 0 is the empty site.
  const Site &site(SiteIndex index) const { return sites_[index]; }
  std::size_t size() const { return sites_.size(); }

private:
  std::vector<Site> sites_;
  std::vector<SiteIndex> ofFrame_; // by frame id - 1
  std::vector<SiteIndex> ofStack_; // by stack id - 1
};

// Paths of nested NVTX ranges as a tree. Step ranges are left out, and numbers in names are
// replaced by
// '*', so that "layer 0" and "layer 1" are one path "forward/layer *".
class RangePaths {
public:
  RangePaths();
  PathIndex child(PathIndex parent, std::string_view rangeName);
  // "forward/layer *"; "" for 0.
  std::string text(PathIndex path) const;
  PathIndex commonPrefix(PathIndex a, PathIndex b) const;
  // Is `ancestor` equal to `path` or above it?
  bool within(PathIndex path, PathIndex ancestor) const;
  std::size_t size() const { return nodes_.size(); }

private:
  struct Node {
    PathIndex parent = 0;
    std::uint32_t depth = 0;
    StringId name;
  };
  StringPool names_;
  std::vector<Node> nodes_;
  std::unordered_map<std::uint64_t, PathIndex> children_;
};

} // namespace hotloop
