#pragma once

#include "core/base/result.h"
#include "kernels/moe_ops/moe_types.h"

// What every operator asks of its arguments before a launch. Plain C++.
namespace hotloop::kernels {

// Sizes in the ranges of moe_types.h, and every array below 2^31 elements where kernels index by
// int.
Result<void> checkShape(const MoeShape &shape);

// Equal types, or one of them fp32: always `second`, or (`either`) any of the two.
Result<void> checkPair(const char *what, ElementType first, ElementType second, bool either);

Result<void> checkGradient(std::int64_t leftColumns, std::int64_t rightColumns, ProductType product,
                           ElementType gradientType);

} // namespace hotloop::kernels
