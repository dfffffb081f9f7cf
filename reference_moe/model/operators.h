#pragma once

#include <cstdint>

#include <ATen/ATen.h>

// The reference's own operators, registered with LibTorch's dispatcher under "hotloop_moe::", so
// that a profiler sees each as the one operator (on a GPU: the one launch) that it is. None has a
// derivative; the autograd functions of this folder call them. CPU only, unless it says otherwise.
namespace hotloop::moe {

// Makes the operators known to LibTorch. Call before the first use; later calls do nothing.
void registerOperators();

// kernels/gating, forward: logits [T, E] float or double; weights, lse of that type, ids int64, all
// written. probabilitySums [E] and counts [E] int64 and squaredLse [1] are set to the sums over all
// tokens, in an order that does not depend on the number of threads.
struct GatingOutputs {
  at::Tensor weights, ids, lse, probabilitySums, counts, squaredLse;
};
void gatingForward(const at::Tensor &logits, const GatingOutputs &outputs);

// kernels/gating, backward: writes dLogits [T, E]. balance [E], g; z times dLoss (0-d) is the
// factor of lse p.
void gatingBackward(const at::Tensor &logits, const at::Tensor &lse, const at::Tensor &weights,
                    const at::Tensor &ids, const at::Tensor &dWeights, const at::Tensor &balance,
                    const at::Tensor &dLoss, double z, const at::Tensor &dLogits);

// kernels/routing: ids [T, k] to ends [E] int32 and three [T k] int64 (see sort_rows.h). On CUDA by
// stock operators.
struct RowOrder {
  at::Tensor ends, rowOfSlot, slotOfRow, tokenOfRow;
};
void sortRows(const at::Tensor &ids, const RowOrder &order);

// Rows of a [R, K] times the matrix of their expert: out[r] = a[r] b[e(r)], b [E, K, N] with any
// strides whose last two hold a 1. out [R, N]. On CUDA: at::_grouped_mm.
void groupedRows(const at::Tensor &a, const at::Tensor &b, const at::Tensor &ends,
                 const at::Tensor &out);

// One product over the rows of each expert: out[e] = a_e^T b_e, a [R, M], b [R, N], out [E, M, N];
// zero where an expert has no row. `out` may be of a wider type than the factors; the products are
// rounded to theirs first. On CUDA: at::_grouped_mm.
void groupedColumns(const at::Tensor &a, const at::Tensor &b, const at::Tensor &ends,
                    const at::Tensor &out);

// The stand-in of a kernel on the CPU: one operator that takes this long (--inject-delay).
void delayOperator(double microseconds);

} // namespace hotloop::moe
