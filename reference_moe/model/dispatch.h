#pragma once

#include <memory>
#include <vector>

#include <ATen/ATen.h>

#include "reference_moe/model/buffer_pool.h"
#include "reference_moe/model/expert.h"
#include "reference_moe/model/packed_weights.h"
#include "reference_moe/model/router.h"

namespace hotloop::moe {

// out[t] = sum_j weights[t, j] * expert_{ids[t, j]}(x[t]), in four ways. x is in the compute type
// (bf16 under --amp bf16), `out` and the weights in the master type; out [T, d] arrives zeroed and
// is written in place.

// One pass per expert that has tokens, found by host reads: 1 + 2 E reads per layer, about 15 E
// launches (the loop of the early Mixtral model code). up, down: E tensors each.
at::Tensor dispatchNaive(const at::Tensor &x, const Routing &routing,
                         const std::vector<at::Tensor> &up, const std::vector<at::Tensor> &down,
                         at::Tensor out, const ExpertOptions &options);

// The same loop over stacked weights [E, ..]: three more host reads per expert, and a backward
// pass that writes a full-size zero gradient per expert.
at::Tensor dispatchStacked(const at::Tensor &x, const Routing &routing, const at::Tensor &up,
                           const at::Tensor &down, at::Tensor out, const ExpertOptions &options);

// Every expert on every token, unselected ones weighted zero: no host read, E / k times the work.
at::Tensor dispatchDense(const at::Tensor &x, const Routing &routing, const at::Tensor &up,
                         const at::Tensor &down, at::Tensor out, const ExpertOptions &options);

// What the grouped dispatch keeps for one layer.
struct GroupedBuffers {
  explicit GroupedBuffers(bool keep, std::shared_ptr<BufferPool> sharedScratch)
      : layer(keep), scratch(std::move(sharedScratch)) {}
  BufferPool layer;                    // lives from the forward to the backward pass
  std::shared_ptr<BufferPool> scratch; // free between any two calls; shared by all layers
  at::Tensor up, down;                 // copies of the weights in the compute type
  PackedWeights packedUp, packedDown;  // instead of those, where `packs`
  bool packs = false;                  // only the forward pass runs, here and in this type
  bool stale = true;                   // the weights have changed since
};

// Rows sorted by expert, one grouped product per matrix: no host read, a fixed number of operators
// whatever E. The backward pass is written out; it keeps h (and, without `recomputeActivation`, the
// gathered rows and the activation). x in the master type; `compute` is the type of the products.
// Returns the sum in the master type; under --buffers reuse it is `buffers`' own memory.
at::Tensor dispatchGrouped(const at::Tensor &x, const Routing &routing, const at::Tensor &up,
                           const at::Tensor &down, at::ScalarType compute,
                           const std::shared_ptr<GroupedBuffers> &buffers,
                           const ExpertOptions &options);

} // namespace hotloop::moe
