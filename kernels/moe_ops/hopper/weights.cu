#include "kernels/moe_ops/grouped.h"
#include "kernels/moe_ops/hopper/launch.cuh"
#include "kernels/moe_ops/hopper/weight_kernel.cuh"
#include "kernels/moe_ops/moe_choice.h"
#include "kernels/moe_ops/moe_sizes.h"

namespace hotloop::kernels::hopper {
namespace {

template <class Config> Result<void> launch(const GroupedWeightGradient &a, cudaStream_t stream) {
  WeightArguments args{};
  const std::int64_t rows = a.shape.rows();
  for (const auto &[map, data, columns] :
       {std::tuple{&args.left, a.left, a.leftColumns}, {&args.right, a.right, a.rightColumns}})
    if (Result<void> made =
            makeMap({data, ElementType::kBFloat16, columns, rows, 1, kDepth, false}, *map);
        !made)
      return made;
  const Result<int> blocks = multiprocessors();
  if (!blocks) return Unexpected(blocks.error());
  args.ends = a.ends;
  args.experts = static_cast<int>(a.shape.experts);
  args.leftColumns = static_cast<int>(a.leftColumns);
  args.rightColumns = static_cast<int>(a.rightColumns);
  args.leftTiles = static_cast<int>(ceilDiv(a.leftColumns, Config::kLeft));
  args.rightTiles = static_cast<int>(ceilDiv(a.rightColumns, Config::kRight));
  args.accumulate = a.accumulate;
  args.gradient = a.gradient;
  const std::int64_t tiles = a.shape.experts * args.leftTiles * args.rightTiles;
  return launchPersistent(reinterpret_cast<const void *>(&weightKernel<Config>),
                          static_cast<int>(std::min<std::int64_t>(*blocks, tiles)), 384,
                          Config::kSharedBytes, &args, stream);
}

} // namespace

Result<void> weightGradient(const GroupedWeightGradient &a, int variant, cudaStream_t stream) {
  using T = __nv_bfloat16;
  if (variant == kHopperSquare)
    return a.gradientType == ElementType::kFloat32
               ? launch<WeightConfig<T, float, 2, 128, true, 6>>(a, stream)
               : launch<WeightConfig<T, T, 2, 128, true, 6>>(a, stream);
  return a.gradientType == ElementType::kFloat32
             ? launch<WeightConfig<T, float, 1, 256, false, 4>>(a, stream)
             : launch<WeightConfig<T, T, 1, 256, false, 4>>(a, stream);
}

} // namespace hotloop::kernels::hopper
