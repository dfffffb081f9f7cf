#pragma once

#include <utility>
#include <vector>

#include <ATen/ATen.h>

namespace hotloop::moe {

// Work memory by slot (the arena of --buffers reuse): with `keep` a slot hands out the memory of
// its last call again, in any shape that fits, else a new tensor each time. The contents are
// undefined. Memory that a slot has outgrown stays alive, because a captured graph may still write
// to it; so ask for the largest shape first. Not thread-safe; a slot's last tensor is overwritten
// by its next user.
class BufferPool {
public:
  explicit BufferPool(bool keep) : keep_(keep) {}

  at::Tensor take(std::size_t slot, at::IntArrayRef shape, const at::TensorOptions &options) {
    if (!keep_) return at::empty(shape, options);
    if (slot >= slots_.size()) slots_.resize(slot + 1);
    std::vector<at::Tensor> &views = slots_[slot].views;
    for (at::Tensor &view : views)
      if (view.sizes() == shape && view.dtype() == options.dtype() &&
          view.device() == options.device()) {
        // The last one first: a step asks for the same shape again and again.
        std::swap(view, views.front());
        return views.front();
      }
    at::Tensor &base = slots_[slot].base;
    const std::int64_t elements = c10::multiply_integers(shape);
    const bool fits = base.defined() && base.dtype() == options.dtype() &&
                      base.device() == options.device() && base.numel() >= elements;
    if (!fits) {
      if (base.defined()) outgrown_.push_back(base);
      views.clear();
      base = at::empty({elements}, options);
    }
    views.insert(views.begin(), base.narrow(0, 0, elements).view(shape));
    return views.front();
  }

  bool keeps() const { return keep_; }

  // What is held, in bytes.
  std::int64_t bytes() const {
    std::int64_t sum = 0;
    for (const Slot &slot : slots_)
      if (slot.base.defined()) sum += static_cast<std::int64_t>(slot.base.nbytes());
    for (const at::Tensor &base : outgrown_) sum += static_cast<std::int64_t>(base.nbytes());
    return sum;
  }

private:
  struct Slot {
    at::Tensor base;
    std::vector<at::Tensor> views;
  };
  bool keep_;
  std::vector<Slot> slots_;
  std::vector<at::Tensor> outgrown_;
};

} // namespace hotloop::moe
