#pragma once

#include <array>
#include <cstdint>

#include "tests/support/make_run.h"
#include "tests/support/simulated_program.h"

namespace hotloop::test_support {

// The made program itself: a mixture-of-experts training step, with the planted problems in it.
class MoeLoop {
public:
  MoeLoop(SimulatedProgram &program, const MakeRunOptions &options);

  // Plays step `number`, from 0. The first ones are warm-up: slower, with lasting allocations.
  void step(std::int64_t number);
  // How often each planted problem has happened.
  std::uint64_t occurrences(Plant plant) const { return counts_[index(plant)]; }

private:
  using Work = SimulatedProgram::Work;
  static std::size_t index(Plant plant) { return static_cast<std::size_t>(plant); }
  static constexpr std::size_t kPlantCount = 13;

  bool has(Plant plant) const { return planted_[index(plant)]; }
  const Place &at(Plant plant);
  void leaf(const Place &place, std::string_view name, std::int64_t nanoseconds,
            std::int64_t bytes = 0);
  void view(const Place &place, std::string_view name);
  void body(std::int64_t number);
  void loadBatch();
  void forward(std::int64_t number);
  void layer(std::uint32_t number, std::int64_t step);
  void router();
  void dispatch();
  void readRows(const Place &place);
  void experts(std::int64_t step);
  void loss();
  void backward();
  void optimizer(std::int64_t number);
  void scalarPlants();
  void shapePlants(std::int64_t number);
  void print(const Place &place);

  SimulatedProgram &program_;
  MakeRunOptions options_;
  HostLane &lane_;
  std::array<bool, kPlantCount> planted_{};
  std::array<std::uint64_t, kPlantCount> counts_{};
  std::array<Place, kPlantCount> plantPlaces_{};
  std::int64_t sequence_ = 0;
  std::int64_t firstSequence_ = 0; // of the step
  Place data_, route_, grouped_, mlp_, norm_, loss_, backward_, fused_, loader_;
};

} // namespace hotloop::test_support
