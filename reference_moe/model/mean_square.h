#pragma once

#include <ATen/ATen.h>

#include "reference_moe/model/buffer_pool.h"

namespace hotloop::moe {

// mean((hidden - target)^2), 0-d, as at::mse_loss, in one kept array of their shape where that
// takes two and its gradient a third: the differences lie in slot 0 of `pool`, and the gradient
// takes their place. So one backward pass per call, and the next call only after it.
at::Tensor meanSquareInPlace(const at::Tensor &hidden, const at::Tensor &target, BufferPool &pool);

} // namespace hotloop::moe
