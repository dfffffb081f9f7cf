#include "kernels/moe_ops/moe_choice.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/moe_ops/moe_sizes.h"

namespace hotloop::kernels {
namespace {

constexpr std::array<MoeVariant, 4> kGateVariants{{
    {"plain", "one warp per token, fp32 multiply-adds"},
    {"tiles", "mma.sync over 32 tokens, factors split in bf16 terms"},
    {"cluster", "128 tokens per cluster of blocks that share the summed dimension"},
    {"few", "at most 8 experts: four tokens per warp, one logit per lane"},
}};
constexpr std::array<MoeVariant, 1> kPermuteVariants{{
    {"one_pass", "each tile of tokens finds its place from the counts, reads a row once"},
}};
constexpr std::array<MoeVariant, 6> kRowVariants{{
    {"plain", "one thread per number, fp32 multiply-adds"},
    {"portable", "mma.sync, 128 x 128 tiles, cp.async"},
    {"hopper_wide", "TMA + wgmma, 128 x 256, both warpgroups on one tile"},
    {"hopper_narrow", "TMA + wgmma, 64 x 256, warpgroups take turns"},
    {"hopper_square", "TMA + wgmma, 128 x 128 per warpgroup, taking turns"},
    {"hopper_turned", "TMA + wgmma, 144 rows as the unit's columns x 256"},
}};

// Four stages of 128 tokens and all experts, 144 bytes a row, or the logits in fp32 and the sums.
std::int64_t gateSharedBytes(std::int64_t experts) {
  const std::int64_t padded = (experts + 63) / 64 * 64;
  return std::max(4 * 144 * (128 + padded), 4 * 128 * (padded + 4) + 24608) + 1088;
}

bool onHopper(const MoeDevice &device) { return device.capability / 10 == 9; }

constexpr std::int64_t kFewExperts = 8;

// Rounds of hopper_turned over the 132 multiprocessors of an H100 or H200, for experts whose rows
// vary as those of a uniform router do (2.5 standard deviations: of 32 experts one exceeds them in
// a fifth of all batches).
std::int64_t turnedRounds(const MoeShape &shape) {
  const double perExpert = static_cast<double>(shape.rows()) / static_cast<double>(shape.experts);
  const auto most = static_cast<std::int64_t>(perExpert + 2.5 * std::sqrt(perExpert));
  return ceilDiv(shape.experts * ceilDiv(most, kTileRows[2]) * ceilDiv(shape.dim, 256), 132);
}

} // namespace

std::string_view nameOf(MoeOperator op) {
  switch (op) {
  case MoeOperator::kGate: return "gate";
  case MoeOperator::kPermute: return "permute";
  case MoeOperator::kUp: return "up";
  case MoeOperator::kDown: return "down";
  case MoeOperator::kDownBackward: return "down_backward";
  case MoeOperator::kUpBackward: return "up_backward";
  case MoeOperator::kWeightGradient: return "weight_gradient";
  }
  return "";
}

std::span<const MoeVariant> moeVariants(MoeOperator op) {
  switch (op) {
  case MoeOperator::kGate: return kGateVariants;
  case MoeOperator::kPermute: return kPermuteVariants;
  case MoeOperator::kUp:
  case MoeOperator::kDown: return kRowVariants;
  case MoeOperator::kDownBackward:
  case MoeOperator::kUpBackward:
  case MoeOperator::kWeightGradient: return kRowVariants;
  }
  return {};
}

bool canRun(MoeOperator op, int variant, const MoeShape &shape, ProductType product,
            const MoeDevice &device, std::string *whyNot) {
  const auto no = [&](std::string why) {
    if (whyNot) *whyNot = std::move(why);
    return false;
  };
  if (variant < 0 || variant >= static_cast<int>(moeVariants(op).size()))
    return no("there is no such variant");
  switch (op) {
  case MoeOperator::kPermute: return true;
  case MoeOperator::kGate:
    if (variant == kGateFew)
      return shape.experts <= kFewExperts || no("it holds the logits of at most 8 experts");
    if (variant != kGatePlain && shape.experts > 256)
      return no("it holds the logits of at most 256 experts");
    if (variant != kGatePlain && gateSharedBytes(shape.experts) > device.sharedBytes)
      return no("this many experts do not fit the shared memory of this device");
    if (variant == kGateCluster && !onHopper(device)) return no("clusters need sm_90");
    return true;
  case MoeOperator::kDownBackward:
  case MoeOperator::kUpBackward:
  case MoeOperator::kWeightGradient:
    if (variant == kPlainProduct) return no("only the forward products have a plain kernel");
    if (variant == (op == MoeOperator::kDownBackward ? kHopperSquare : kHopperNarrow) ||
        variant > kHopperSquare)
      return no("it is not built for this operator");
    break;
  default: break;
  }
  if (variant < kHopperWide) return true;
  if (!onHopper(device)) return no("wgmma needs sm_90");
  if (product != ProductType::kBFloat16) return no("it is built for bf16 only");
  if (op == MoeOperator::kUp && variant == kHopperSquare &&
      shape.activation == ExpertActivation::kSwiglu)
    return no("SwiGLU needs the gate and the up columns in one tile of 256");
  if (variant == kHopperTurned && op == MoeOperator::kUp)
    return no("it is not built for this operator");
  return true;
}

MoeChoice chooseVariant(MoeOperator op, const MoeShape &shape, ProductType product,
                        const MoeDevice &device) {
  switch (op) {
  case MoeOperator::kPermute: return {0, "there is one variant"};
  case MoeOperator::kGate:
    if (shape.dim <= 1024 && canRun(op, kGateFew, shape, product, device))
      return {kGateFew, "few and short sums: multiply-adds cost less than the set-up of tiles"};
    if (canRun(op, kGateCluster, shape, product, device))
      return {kGateCluster, "blocks of a cluster share the weights: least traffic from L2"};
    if (canRun(op, kGateTiles, shape, product, device))
      return {kGateTiles, "no clusters before sm_90"};
    return {kGatePlain, "the experts do not fit the tile of logits"};
  default: break;
  }
  if (!canRun(op, kHopperWide, shape, product, device))
    return {kPortable, product == ProductType::kBFloat16 ? "wgmma needs sm_90"
                                                         : "the wgmma kernels take bf16 only"};
  // From times on an H100 (docs/kernels.md).
  const double perExpert = static_cast<double>(shape.rows()) / static_cast<double>(shape.experts);
  switch (op) {
  case MoeOperator::kDownBackward:
    return {kHopperNarrow, "a heavy epilogue: one warpgroup stores while the other multiplies"};
  case MoeOperator::kUp:
  case MoeOperator::kDown: break;
  default: return {kHopperWide, "the widest tile reads least from L2"};
  }
  const bool up = op == MoeOperator::kUp;
  if (!up && perExpert >= 64 && shape.inner >= 1024 && turnedRounds(shape) == 1)
    return {kHopperTurned, "tiles of 144 rows: all blocks have one, and are done together"};
  if (!up && perExpert >= 64 && perExpert <= 2048 && shape.dim >= 4096 && shape.inner >= 4096)
    return {kHopperTurned, "long sums: a tile of 144 x 256 reads least for its products"};
  if ((perExpert >= 1024 && shape.dim >= 4096) || (perExpert >= 2048 && shape.dim >= 2048) ||
      (perExpert >= 4096 && shape.dim >= 1024))
    return {kHopperWide, "many rows per expert and long sums: the widest tile reads least from L2"};
  const double weightBytes = 2.0 * static_cast<double>(shape.dim) *
                             static_cast<double>(up ? shape.hiddenColumns() : shape.inner);
  const bool oneTile = perExpert > 40 && perExpert <= 110; // of 128 rows, often two of 64
  if (oneTile && (!up || weightBytes > 32e6))
    return canRun(op, kHopperSquare, shape, product, device)
               ? MoeChoice{kHopperSquare,
                           "an expert's rows fit one tile of 128: weights are read once"}
               : MoeChoice{kHopperWide,
                           "an expert's rows fit one tile of 128: weights are read once"};
  if (!up && perExpert > 110 && shape.inner <= 1024 && (perExpert < 2048 || shape.inner > 512))
    return {kHopperSquare, "short sums: one warpgroup stores while the other multiplies"};
  if (!up && perExpert > 110 && perExpert <= 512 && shape.dim >= 1024 && shape.dim <= 2048)
    return {kHopperSquare, "few tiles: the last round of squares wastes less"};
  return {kHopperNarrow, perExpert <= 40
                             ? "few rows per expert: tiles of 64 rows waste least"
                             : "one warpgroup stores while the other multiplies, and the last "
                               "tile of an expert wastes little"};
}

} // namespace hotloop::kernels
