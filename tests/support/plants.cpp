#include <algorithm>

#include "tests/support/make_run.h"

namespace hotloop::test_support {

namespace {

constexpr PlantInfo kPlants[] = {
    {Plant::kItem, "item", "HL101", "item", "train.py", 121, "train_step"},
    {Plant::kBranch, "branch", "HL101", "branch", "train.py", 124, "train_step"},
    {Plant::kPrint, "print", "HL101", "print", "train.py", 127, "train_step"},
    {Plant::kMask, "mask", "HL103", "boolean_mask", "moe.py", 41, "dispatch"},
    {Plant::kNonzero, "nonzero", "HL103", "nonzero", "moe.py", 43, "dispatch"},
    {Plant::kUnique, "unique", "HL103", "unique", "train.py", 131, "train_step"},
    {Plant::kRepeat, "repeat", "HL103", "repeat_interleave", "train.py", 133, "train_step"},
    {Plant::kExpertLoop, "expert-loop", "HL104", "", "moe.py", 52, "forward"},
    {Plant::kAllocation, "allocation", "HL201", "", "moe.py", 35, "dispatch"},
    {Plant::kVaryingShape, "varying-shape", "HL203", "", "train.py", 137, "train_step"},
    {Plant::kGrowingList, "growing-list", "HL207", "", "train.py", 141, "train_step"},
    {Plant::kPerParameter, "per-parameter", "HL304", "", "optim.py", 18, "step"},
    {Plant::kUnfusedRouter, "unfused-router", "HL605", "", "moe.py", 22, "route"},
};

} // namespace

std::span<const PlantInfo> plantCatalogue() { return kPlants; }

const PlantInfo &plantInfo(Plant plant) {
  return *std::ranges::find(kPlants, plant, &PlantInfo::plant);
}

std::optional<Plant> findPlant(std::string_view name) {
  const auto *found = std::ranges::find(kPlants, name, &PlantInfo::name);
  if (found == std::end(kPlants)) return std::nullopt;
  return found->plant;
}

} // namespace hotloop::test_support
