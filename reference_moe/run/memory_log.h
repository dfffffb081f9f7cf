#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/TensorBody.h>

namespace hotloop::moe {

// Every block that LibTorch's allocators hand out and take back while this lives, on its thread
// and on those that run backward passes for it meanwhile. A block is handed out before one can know
// that a gradient will stay in it, so the peak without gradients is told from the log afterwards.
// At most one at a time.
class MemoryLog {
public:
  explicit MemoryLog(bool onDevice); // a GPU's memory, or the host's
  ~MemoryLog();
  MemoryLog(const MemoryLog &) = delete;
  MemoryLog &operator=(const MemoryLog &) = delete;

  static bool lives();

  // The blocks in which these lie now are gradients from their beginning on. Only while a log
  // lives. Gradients from before the log are not in it and need not be named.
  static void gradientsAre(const std::vector<at::Tensor> &gradients);

  // The most bytes by which what is in use, gradients left out, exceeded what was in use at
  // construction. Never below 0.
  std::int64_t peakWithoutGradients() const;

private:
  struct Listener;
  static Listener *living_; // of the log that lives
  std::shared_ptr<Listener> listener_;
  struct Guard;
  std::unique_ptr<Guard> guard_;
};

} // namespace hotloop::moe
