#pragma once

#include <ATen/ATen.h>

#include "reference_moe/model/buffer_pool.h"

namespace hotloop::moe {

// Hands the gradient of a parameter to autograd. `compute(out)` writes it, in the type `computed`,
// to a tensor of the parameter's shape. Under --buffers reuse it is written straight into
// parameter.grad() (one backward pass per step, so it overwrites) and undefined is returned:
// autograd has nothing to add.
template <class Compute>
at::Tensor deliverGradient(const at::Tensor &parameter, at::ScalarType computed, BufferPool &pool,
                           std::size_t slot, const Compute &compute) {
  const at::Tensor &grad = parameter.grad();
  const bool direct = pool.keeps() && grad.defined();
  if (direct && grad.scalar_type() == computed) {
    compute(grad);
    return {};
  }
  const at::Tensor out =
      pool.take(slot, parameter.sizes(), parameter.options().dtype(computed).requires_grad(false));
  compute(out);
  if (!direct) return out.to(parameter.scalar_type());
  parameter.grad().copy_(out);
  return {};
}

} // namespace hotloop::moe
