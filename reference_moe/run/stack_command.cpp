#include <cstdio>

#include <fmt/format.h>

#include "reference_moe/run/commands.h"
#include "reference_moe/run/names.h"
#include "reference_moe/run/stack.h"
#include "reference_moe/run/statistics.h"

namespace hotloop::moe {
namespace {

double mebibytes(std::int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }
double share(std::int64_t value, std::int64_t base) {
  return base == 0 ? 0 : static_cast<double>(value) / static_cast<double>(base);
}
std::string claim(const std::optional<double> &value) {
  return value ? fmt::format("{:.1f}x", *value) : "-";
}

void print(const std::vector<RungResult> &all, const Configuration &base, bool bf16) {
  const Sizes &s = base.sizes;
  fmt::print("{} on {}: T={} d={} I={} E={} k={} layers={}\n\n",
             base.toggles.mode == Mode::kTrain ? "training step" : "forward pass",
             nameOf(base.device, deviceNames()), s.tokens, s.dim, s.hidden, s.experts, s.topK,
             s.layers);
  fmt::print("{:<38} {:>9} {:>7} {:>6} {:>10} {:>7} {:>6} {:>9} {:>8} {:>6} {:>6} {:>9}\n", "rung",
             "ms", "faster", "guide", "act. MiB", "of base", "guide", "proc. MiB", "launches",
             "syncs", "allocs", "error");
  for (const RungResult &r : all)
    fmt::print(
        "{:<38} {:>9.3f} {:>6.2f}x {:>6} {:>10.2f} {:>6.2f}x {:>6} {:>9.1f} {:>8} {:>6} {:>6} "
        "{:>9.1e}\n",
        r.rung.name, quantile(r.milliseconds, 0.5), quantile(r.speedups, 0.5),
        claim(r.rung.claimedSpeedup), mebibytes(r.activationBytes),
        share(r.activationBytes, all[0].activationBytes), claim(r.rung.claimedMemory),
        mebibytes(r.processBytes), r.counts.launches, r.counts.syncs, r.counts.allocations,
        r.accuracy.output);
  fmt::print(
      "\nact.: the allocator's peak minus weights, gradients, optimizer state and data; proc.: "
      "{}; error: the output's, against double precision.\n",
      base.device == Device::kCuda ? "what is held from the driver at most"
                                   : "the process's resident memory at most");
  for (std::size_t i = 1; i < all.size(); ++i) {
    fmt::print("\n{}\n", all[i].rung.name);
    if (!all[i].rung.note.empty()) fmt::print("  {}\n", all[i].rung.note);
    for (const std::string &sentence : explain(all, i, base, bf16)) fmt::print("  {}\n", sentence);
  }
}

Json toJson(const std::vector<RungResult> &all, const Configuration &base, Json machine,
            bool bf16) {
  Json rungs = Json::array();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const RungResult &r = all[i];
    Json time = spread(r.milliseconds);
    time["rounds"] = r.milliseconds;
    Json guide = Json::object();
    guide["speedup"] = r.rung.claimedSpeedup ? Json(*r.rung.claimedSpeedup) : Json();
    guide["memory"] = r.rung.claimedMemory ? Json(*r.rung.claimedMemory) : Json();
    rungs.push_back({{"name", r.rung.name},
                     {"toggles", togglesToJson(r.rung.toggles)},
                     {"step_ms", std::move(time)},
                     {"speedup", spread(r.speedups)},
                     {"memory",
                      {{"activation_bytes", r.activationBytes},
                       {"activation_ratio", share(r.activationBytes, all[0].activationBytes)},
                       {"process_bytes", r.processBytes},
                       {"process_ratio", share(r.processBytes, all[0].processBytes)},
                       {"weights_bytes", r.persistent.weights},
                       {"weight_copies_bytes", r.persistent.weightCopies},
                       {"gradients_bytes", r.persistent.gradients},
                       {"optimizer_bytes", r.persistent.optimizer}}},
                     {"counts",
                      {{"launches", r.counts.launches},
                       {"kernels", r.counts.kernels},
                       {"graph_launches", r.counts.graphLaunches},
                       {"syncs", r.counts.syncs},
                       {"copies", r.counts.copies},
                       {"copies_to_host", r.counts.copiesToHost},
                       {"allocations", r.counts.allocations},
                       {"driver_allocations", r.counts.driverCalls}}},
                     {"numerics",
                      {{"output_error", r.accuracy.output},
                       {"gradient_error", r.accuracy.gradient},
                       {"naive_output_error", r.accuracy.peerOutput},
                       {"naive_gradient_error", r.accuracy.peerGradient}}},
                     {"guide", std::move(guide)},
                     {"note", r.rung.note},
                     {"why", explain(all, i, base, bf16)}});
  }
  return {{"schema", "hotloop.moe_stack/1"},
          {"machine", std::move(machine)},
          {"mode", base.toggles.mode == Mode::kTrain ? "train" : "inference"},
          {"device", nameOf(base.device, deviceNames())},
          {"activation", nameOf(base.activation, activationNames())},
          {"sizes", sizesToJson(base.sizes)},
          {"rungs", std::move(rungs)}};
}

} // namespace

void StackCommand::addTo(CLI::App &app) {
  command_ = app.add_subcommand(
      "stack", "the guide's table of combined optimizations, measured rung by rung");
  flags_.addTo(*command_, false);
  command_->add_option("--mode", mode_, "train or inference")->capture_default_str();
  command_->add_option("--rounds", rounds_, "rounds; each runs every rung once")
      ->capture_default_str();
  command_->add_option("--steps", steps_, "steps of one rung in one round")->capture_default_str();
  command_->add_option("--inductor", inductor_, "compile mode of --package")->capture_default_str();
  command_->add_flag("--json", json_, "print the result as JSON");
}

Result<void> StackCommand::execute() const {
  HOTLOOP_TRY(checkCount("rounds", rounds_));
  HOTLOOP_TRY(checkCount("steps", steps_));
  std::vector<std::string> notes;
  const Machine machine = probeMachine();
  HOTLOOP_ASSIGN(Configuration base, flags_.configure(machine, notes));
  HOTLOOP_TRY(setToggle(base.toggles, "mode", mode_));
  HOTLOOP_ASSIGN(const int inductor, parseChoice("inductor", inductor_, inductorModes()));
  base.toggles.inductor = static_cast<Inductor>(inductor);
  setThreads(base.threads);
  std::vector<Rung> rungs = stackOf(base, machine);
  for (const Rung &rung : rungs) {
    Configuration c = base;
    c.toggles = rung.toggles;
    HOTLOOP_TRY(check(c, machine));
  }
  HOTLOOP_ASSIGN(const auto all, measureStack(base, std::move(rungs), rounds_, steps_));
  Json about = machineJson(base);
  const bool bf16 = about["native_bf16"].get<bool>();
  json_ ? fmt::print("{}\n", toJson(all, base, std::move(about), bf16).dump(2))
        : print(all, base, bf16);
  return {};
}

} // namespace hotloop::moe
