#pragma once

#include "core/base/result.h"
#include "kernels/moe_ops/moe_ops.h"

namespace hotloop::kernels::hopper {

struct RowProduct;
// Sums of at most 512; GELU or no activation.
Result<void> rowsSlab(const RowProduct &product, bool gelu, cudaStream_t stream);
Result<void> rowsTurned(const RowProduct &product, cudaStream_t stream);

} // namespace hotloop::kernels::hopper
