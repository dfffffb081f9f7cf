#pragma once

#include <functional>
#include <vector>

#include <ATen/ATen.h>

namespace hotloop::moe {

// Full checkpointing of one layer (LibTorch has none in C++): runs `function(x)` without a graph
// and keeps only x; the backward pass runs it again with one. `function` gives the tensors of the
// layer; an undefined one is not allowed. `anchor` is any leaf that needs a gradient, so that the
// result has one even where x has none. Parameters used inside get their gradients from the second
// run. As with torch.utils.checkpoint, the second run sees the random state (of x's device and of
// the CPU) and the autocast state of the first, and afterwards both are as before. While a CUDA
// graph is captured the device's random state cannot be saved and is left alone: `function` must
// not draw from it there.
std::vector<at::Tensor>
checkpointed(const at::Tensor &x, const at::Tensor &anchor,
             std::function<std::vector<at::Tensor>(const at::Tensor &)> function);

} // namespace hotloop::moe
