#include "kernels/moe_ops/moe_sizes.h"

namespace hotloop::kernels {

MoeOpSizes moeOpSizes(const MoeShape &s) {
  MoeOpSizes sizes;
  const std::int64_t rows = s.rows();
  sizes.countTiles = ceilDiv(s.tokens, kCountTile);
  sizes.scheduleInts = tileListOffset(rows, s.experts, kTileLists);
  sizes.weightParts = ceilDiv(s.inner, kWeightPartColumns);
  sizes.gateScratchFloats = gateGradientBlocks(s.tokens) * s.experts * s.dim;
  return sizes;
}

} // namespace hotloop::kernels
