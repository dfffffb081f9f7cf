#pragma once

#include <span>
#include <string_view>

namespace hotloop {

// A view named and shaped like a table of the SQLite export of Nsight Systems (schema 3.x), so that
// SQL written for that export runs on a run file. Source of names, columns and codes: NVIDIA,
// "Post-Collection Analysis Guide", SQLite Schema Reference.
struct NsysView {
  std::string_view name;
  std::string_view from;   // our tables, for the documentation
  std::string_view select; // the statement after CREATE VIEW ... AS
};

std::span<const NsysView> nsysViews();

} // namespace hotloop
