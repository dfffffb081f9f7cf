#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kernels/moe_ops/moe_types.h"

// Which implementation of an operator runs for a shape, and why. Plain C++: no CUDA.
namespace hotloop::kernels {

enum class MoeOperator : std::uint8_t {
  kGate,
  kPermute,
  kUp,
  kDown,
  kDownBackward,
  kUpBackward,
  kWeightGradient
};
inline constexpr MoeOperator kMoeOperators[] = {
    MoeOperator::kGate,          MoeOperator::kPermute,      MoeOperator::kUp,
    MoeOperator::kDown,          MoeOperator::kDownBackward, MoeOperator::kUpBackward,
    MoeOperator::kWeightGradient};
std::string_view nameOf(MoeOperator op);

// Variants of a grouped product, from plain to fast.
enum GroupedVariant : int {
  kPlainProduct, // one thread per number, fp32 multiply-adds
  kPortable,     // mma.sync, sm_80 and later, every product type
  kHopperWide,   // TMA + wgmma, 128 x 256, both warpgroups on one tile
  kHopperNarrow, // TMA + wgmma, 64 x 256, warpgroups take turns
  kHopperSquare, // TMA + wgmma, 128 x 128 per warpgroup, taking turns
  kHopperTurned, // TMA + wgmma, 144 rows as the unit's columns x 256
};
// Variants of the gate.
enum GateVariant : int {
  kGatePlain,   // one warp per token, fp32 multiply-adds
  kGateTiles,   // mma.sync over 32 tokens, bf16 terms
  kGateCluster, // 128 tokens per cluster of blocks that share the summed dimension (sm_90)
  kGateFew,     // at most 8 experts: four tokens per warp, fp32 multiply-adds
};

struct MoeVariant {
  std::string_view name;
  std::string_view idea;
};
std::span<const MoeVariant> moeVariants(MoeOperator op);

struct MoeDevice {
  int capability = 90;      // 10 * major + minor
  int sharedBytes = 232448; // per block, at most
};

struct MoeChoice {
  int variant = 0;
  std::string why; // one sentence
};
// `product` also stands for the type of x at the gate.
MoeChoice chooseVariant(MoeOperator op, const MoeShape &shape, ProductType product,
                        const MoeDevice &device);
// Whether `variant` can run at all; the sentence says why not.
bool canRun(MoeOperator op, int variant, const MoeShape &shape, ProductType product,
            const MoeDevice &device, std::string *whyNot = nullptr);

} // namespace hotloop::kernels
