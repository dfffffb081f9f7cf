#pragma once

#include <span>
#include <string_view>

namespace hotloop::cli {

struct BuildFeature {
  std::string_view name;    // key in JSON
  std::string_view meaning; // for people
  bool present = false;
  std::string_view version; // of what it was built against; may be empty
};

struct BuildInfo {
  std::string_view version; // of hotloop
  int format = 0;           // of run files that it writes
  std::string_view compiler;
  std::string_view type; // CMAKE_BUILD_TYPE
  std::span<const BuildFeature> features;
};

const BuildInfo &buildInfo();

} // namespace hotloop::cli
