#pragma once

#include "core/base/result.h"
#include "kernels/moe_ops/moe_choice.h"
#include "kernels/moe_ops/moe_ops.h"

namespace hotloop::kernels::hopper {

struct RowProduct;
Result<void> rowsUpSwiglu(const RowProduct &product, int variant, cudaStream_t stream);
Result<void> rowsUpGelu(const RowProduct &product, int variant, cudaStream_t stream);

} // namespace hotloop::kernels::hopper
