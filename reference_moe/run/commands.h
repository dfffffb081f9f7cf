#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "reference_moe/run/command_line.h"
#include "reference_moe/run/validate.h"

namespace hotloop::moe {

struct Outcome; // of one run

// hotloop-moe run: trains or infers, prints the step time and the loss.
class RunCommand {
public:
  void addTo(CLI::App &app);
  bool chosen() const { return command_->parsed(); }
  Result<void> execute() const;

private:
  Result<Outcome> tryOnce(const Configuration &configuration) const;

  double memoryLimit_ = 0; // MiB
  bool fallback_ = false;
  CLI::App *command_ = nullptr;
  ConfigurationFlags flags_;
  bool json_ = false;
};

// hotloop-moe bench: step times of several configurations, interleaved so that they share the
// noise.
class BenchCommand {
public:
  void addTo(CLI::App &app);
  bool chosen() const { return command_->parsed(); }
  Result<void> execute() const;

private:
  CLI::App *command_ = nullptr;
  ConfigurationFlags flags_;
  std::vector<std::string> comparisons_;
  std::int64_t rounds_ = 7;
  std::int64_t steps_ = 10;
  bool json_ = false;
};

// hotloop-moe stack: the guide's table of combined optimizations, measured.
class StackCommand {
public:
  void addTo(CLI::App &app);
  bool chosen() const { return command_->parsed(); }
  Result<void> execute() const;

private:
  CLI::App *command_ = nullptr;
  ConfigurationFlags flags_;
  std::string mode_ = "train", inductor_ = "default";
  std::int64_t rounds_ = 7;
  std::int64_t steps_ = 10;
  bool json_ = false;
};

// hotloop-moe validate: the guide's checklist. False where a configuration fails it.
class ValidateCommand {
public:
  void addTo(CLI::App &app);
  bool chosen() const { return command_->parsed(); }
  Result<bool> execute() const;

private:
  CLI::App *command_ = nullptr;
  ConfigurationFlags flags_;
  std::vector<std::string> names_;
  ValidateOptions options_;
  double memoryLimit_ = 0; // MiB
  bool json_ = false;
};

// --rounds and --steps: 1 to 1000000.
Result<void> checkCount(std::string_view flag, std::int64_t value);

// hotloop-moe configurations: every combination of toggles, the legal ones and the others with why.
class ConfigurationsCommand {
public:
  void addTo(CLI::App &app);
  bool chosen() const { return command_->parsed(); }
  Result<void> execute() const;

private:
  CLI::App *command_ = nullptr;
  std::string device_ = "cpu";
  bool json_ = false;
};

} // namespace hotloop::moe
