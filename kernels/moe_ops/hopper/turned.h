#pragma once

#include "core/base/result.h"
#include "kernels/moe_ops/moe_ops.h"

namespace hotloop::kernels::hopper {

struct RowProduct;
Result<void> rowsTurned(const RowProduct &product, cudaStream_t stream);

} // namespace hotloop::kernels::hopper
