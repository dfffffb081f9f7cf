#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/base/result.h"
#include "reference_moe/run/configuration.h"

namespace hotloop::moe {

// The flags that describe a configuration, shared by the subcommands. Values are taken as text and
// parsed by configure(), so that every wrong one gets the same kind of sentence.
class ConfigurationFlags {
public:
  // Adds the flags to `command`. `withToggles`: also --preset, the toggles and --unsafe.
  void addTo(CLI::App &command, bool withToggles);

  // The configuration that the flags describe, checked against this machine. `notes` gets one
  // sentence for each part of a preset that does not run here, and with `fallback` for each trouble
  // that has a way out (fallback.h).
  Result<Configuration> configure(const Machine &machine, std::vector<std::string> &notes,
                                  bool fallback = false) const;

  bool presetGiven() const { return !preset_.empty(); }

private:
  std::string preset_, unsafe_, device_ = "cpu", activation_ = "swiglu", skew_ = "uniform";
  std::string tokenCycle_;
  std::vector<std::string> delays_;
  std::vector<std::string> toggles_; // one per toggleNames(), "" where not given
  Configuration base_;
};

} // namespace hotloop::moe
