#pragma once

#include <string>

#include "core/base/result.h"
#include "reference_moe/run/command_line.h"

namespace hotloop::moe {

// hotloop-moe run: trains or infers, prints the step time and the loss.
class RunCommand {
public:
  void addTo(CLI::App &app);
  bool chosen() const { return command_->parsed(); }
  Result<void> execute() const;

private:
  CLI::App *command_ = nullptr;
  ConfigurationFlags flags_;
  bool json_ = false;
};

} // namespace hotloop::moe
