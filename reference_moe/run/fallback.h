#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "reference_moe/run/configuration.h"

// The guide's troubleshooting table as code, for `run --fallback`: compilation fails, out of
// memory, graph capture fails, slower after an optimization. Without the flag a trouble is an
// error.
namespace hotloop::moe {

enum class Trouble { kNone, kCompile, kMemory, kCapture, kSlower };

// Which trouble an error of check(), Trainer::create() or Trainer::step() tells of.
Trouble troubleOf(const Configuration &failed, const Error &error);

struct WayOut {
  Configuration next;
  std::string sentence; // what happened and what runs instead
};

// The guide's next remedy: kernels instead of a package; then checkpointing, bf16 and half of the
// tokens; no graph. Nothing where no remedy is left, or the error is no such trouble.
std::optional<WayOut> wayOut(const Configuration &failed, const Error &error);

// check(), with remedies until it passes; each is told in `notes`.
Result<Configuration> settle(Configuration configuration, const Machine &machine,
                             std::vector<std::string> &notes);

// For the slower trouble: the same configuration without fusion and graph, if it has any.
std::optional<WayOut> unoptimized(const Configuration &configuration);

} // namespace hotloop::moe
