#include "kernels/moe_ops/hopper/launch_rows.cuh"
#include "kernels/moe_ops/hopper/turned.h"
#include "kernels/moe_ops/hopper/turned_kernel.cuh"

namespace hotloop::kernels::hopper {

Result<void> rowsTurned(const RowProduct &p, cudaStream_t stream) {
  RowArguments args{};
  if (Result<void> made =
          makeMaps(p, ElementType::kBFloat16, TurnedConfig::kRows, TurnedConfig::kColumns, args);
      !made)
    return made;
  static_assert(TurnedConfig::kRows == kTileRows[2]);
  const Result<int> blocks = describe(p, 2, TurnedConfig::kColumns, args);
  if (!blocks) return Unexpected(blocks.error());
  return launchPersistent(reinterpret_cast<const void *>(&turnedKernel), *blocks, 384,
                          TurnedConfig::kSharedBytes, &args, stream);
}

} // namespace hotloop::kernels::hopper
