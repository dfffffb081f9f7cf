#include "kernels/moe_ops/hopper/launch_rows.cuh"
#include "kernels/moe_ops/hopper/slab.h"
#include "kernels/moe_ops/hopper/slab_kernel.cuh"

namespace hotloop::kernels::hopper {
namespace {

template <class Config> Result<void> launch(const RowProduct &p, cudaStream_t stream) {
  RowArguments args{};
  if (Result<void> made =
          makeMaps(p, ElementType::kBFloat16, Config::kRows, Config::kColumns, args);
      !made)
    return made;
  static_assert(Config::kRows == kTileRows[0]);
  const Result<int> blocks = describe(p, 0, Config::kColumns, args);
  if (!blocks) return Unexpected(blocks.error());
  return launchPersistent(reinterpret_cast<const void *>(&slabKernel<Config>), *blocks, 384,
                          Config::kSharedBytes, &args, stream);
}

} // namespace

Result<void> rowsSlab(const RowProduct &p, bool gelu, cudaStream_t stream) {
  return gelu ? launch<SlabConfig<Epilogue::kGelu>>(p, stream)
              : launch<SlabConfig<Epilogue::kPlain>>(p, stream);
}

} // namespace hotloop::kernels::hopper
