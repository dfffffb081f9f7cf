#pragma once

#include <functional>
#include <vector>

#include <ATen/ATen.h>

namespace hotloop::moe {

// Full checkpointing of one layer (LibTorch has none in C++): runs `function(x)` without a graph
// and keeps only x; the backward pass runs it again with one. `function` gives the tensors of the
// layer; an undefined one is not allowed. `anchor` is any leaf that needs a gradient, so that the
// result has one even where x has none. Parameters used inside get their gradients from the second
// run. The function must be deterministic and must use no random numbers.
std::vector<at::Tensor>
checkpointed(const at::Tensor &x, const at::Tensor &anchor,
             std::function<std::vector<at::Tensor>(const at::Tensor &)> function);

} // namespace hotloop::moe
