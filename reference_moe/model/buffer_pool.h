#pragma once

#include <vector>

#include <ATen/ATen.h>

namespace hotloop::moe {

// Work memory by slot: under --buffers reuse the tensor of the last call, else a new one each time.
// The contents are undefined. Not thread-safe; a slot's last tensor is overwritten by its next
// user.
class BufferPool {
public:
  explicit BufferPool(bool keep) : keep_(keep) {}

  at::Tensor take(std::size_t slot, at::IntArrayRef shape, const at::TensorOptions &options) {
    if (!keep_) return at::empty(shape, options);
    if (slot >= kept_.size()) kept_.resize(slot + 1);
    at::Tensor &tensor = kept_[slot];
    if (!tensor.defined() || tensor.sizes() != shape || tensor.dtype() != options.dtype() ||
        tensor.device() != options.device())
      tensor = at::empty(shape, options);
    return tensor;
  }

  bool keeps() const { return keep_; }

private:
  bool keep_;
  std::vector<at::Tensor> kept_;
};

} // namespace hotloop::moe
