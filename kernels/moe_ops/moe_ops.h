#pragma once

#include <cuda_runtime_api.h>

#include "core/base/result.h"
#include "kernels/moe_ops/moe_types.h"

// The operators of a Mixture-of-Experts layer on an NVIDIA GPU (sm_80 and later; sm_90a has paths
// of its own). Five launches forward: gateForward, permuteRows, groupedUp, groupedDown,
// combineRows.
//
// Every pointer is device memory of the caller, 16-byte aligned, row-major, without overlap unless
// a comment allows it. No call allocates, synchronizes or copies to the host, so all may be
// captured in a CUDA graph, and a replay may route otherwise than the capture did. Results are
// deterministic: no atomics, and sums in an order that depends on shapes only. An error names what
// is wrong; nothing was launched then. Arrays that a comment calls optional may be null.
//
// Order of rows: by (expert, token, slot). Rounding points: logits, weights, lse fp32; h is rounded
// to the storage type before the activation, a and y after; combine sums the slots in order, in
// fp32.
namespace hotloop::kernels {

// Which implementation runs: kChoose takes moe_choice.h's; others are indices into its lists.
inline constexpr int kChoose = -1;

// logits = x gate^T in fp32 accuracy whatever the types (each factor is split in bf16 terms),
// softmax, the k largest (ties to the lowest id, NaN counts as -inf), weights = softmax over those.
struct GateForward {
  MoeShape shape;
  ElementType xType = ElementType::kBFloat16;
  ElementType gateType = ElementType::kFloat32; // fp32, or xType
  const void *x = nullptr;                      // [T, d]
  const void *gate = nullptr;                   // [E, d]
  std::int32_t *ids = nullptr;                  // [T, k], falling logit
  float *weights = nullptr;                     // [T, k]
  float *logits = nullptr;                      // [T, E], optional (training)
  float *lse = nullptr;                         // [T], optional
  std::int32_t *tileCounts = nullptr;           // [countTiles, E]: rows per expert and tile
  float *tileProbabilities = nullptr;           // [countTiles, E], optional: sums of softmax
  float *tileSquaredLse = nullptr;              // [countTiles], optional
  int variant = kChoose;
};
Result<void> gateForward(const GateForward &args, cudaStream_t stream);

// Sorts rows by expert and copies each token's row of x to its k places, converting to rowType.
// With tileProbabilities also the router loss, and g for gateBackward:
//   loss = balanceFactor E sum_e f_e P_e + zFactor mean_t lse_t^2,  g_e = balanceFactor E f_e / T
struct PermuteRows {
  MoeShape shape;
  ElementType xType = ElementType::kBFloat16;
  ElementType rowType = ElementType::kBFloat16;
  const void *x = nullptr;                  // [T, d]
  const std::int32_t *ids = nullptr;        // [T, k]
  const std::int32_t *tileCounts = nullptr; // [countTiles, E]
  void *rows = nullptr;                     // [R, d], optional
  std::int32_t *ends = nullptr;             // [E]: rows of e are [ends[e-1], ends[e])
  std::int32_t *rowOfSlot = nullptr;        // [T, k]
  std::int32_t *slotOfRow = nullptr;        // [R], optional
  std::int32_t *schedule = nullptr;         // [scheduleInts]: tiles for the grouped products
  const float *tileProbabilities = nullptr; // [countTiles, E], optional
  const float *tileSquaredLse = nullptr;    // [countTiles], with tileProbabilities
  float balanceFactor = 0, zFactor = 0;
  float *loss = nullptr;    // [1], with tileProbabilities
  float *balance = nullptr; // [E], with tileProbabilities
  int variant = kChoose;
};
Result<void> permuteRows(const PermuteRows &args, cudaStream_t stream);

// h = rows up[e]^T, a = activation(h).
struct GroupedUp {
  MoeShape shape;
  ProductType product = ProductType::kBFloat16;
  const void *rows = nullptr; // [R, d]
  const void *up = nullptr;   // [E, N, d]; SwiGLU: I rows of the gate half, then I of the other
  const std::int32_t *schedule = nullptr;
  void *hidden = nullptr;    // [R, N], optional (training)
  void *activated = nullptr; // [R, I]
  int variant = kChoose;
};
Result<void> groupedUp(const GroupedUp &args, cudaStream_t stream);

// y = activated down[e]^T.
struct GroupedDown {
  MoeShape shape;
  ProductType product = ProductType::kBFloat16;
  const void *activated = nullptr; // [R, I]
  const void *down = nullptr;      // [E, d, I]
  const std::int32_t *schedule = nullptr;
  void *y = nullptr; // [R, d]
  int variant = kChoose;
};
Result<void> groupedDown(const GroupedDown &args, cudaStream_t stream);

// out[t] = residual[t] + sum_j weights[t, j] y[rowOfSlot[t, j]].
struct CombineRows {
  MoeShape shape;
  ElementType rowType = ElementType::kBFloat16;
  ElementType outType = ElementType::kBFloat16;
  const void *y = nullptr; // [R, d]
  const std::int32_t *rowOfSlot = nullptr;
  const float *weights = nullptr;
  const void *residual = nullptr; // [T, d] of outType, optional; may be `out` itself
  void *out = nullptr;            // [T, d]
};
Result<void> combineRows(const CombineRows &args, cudaStream_t stream);

// --- Backward: gatherRows, groupedDownBackward, groupedWeightGradient (down), groupedUpBackward,
// gatherRows of x (or kept rows), groupedWeightGradient (up), gateBackward, inputGradient,
// gateWeightGradient.

// out[r] = x[token of r], converted.
struct GatherRows {
  MoeShape shape;
  ElementType xType = ElementType::kBFloat16;
  ElementType rowType = ElementType::kBFloat16;
  const void *x = nullptr;                 // [T, d]
  const std::int32_t *rowOfSlot = nullptr; // [T, k]
  void *out = nullptr;                     // [R, d]
};
Result<void> gatherRows(const GatherRows &args, cudaStream_t stream);

// da = dRows down[e] (without the row's weight); dHidden = w activation'(h) da;
// scaledActivated = w a; weightParts: <da, a> of each row in parts (gateBackward adds them).
struct GroupedDownBackward {
  MoeShape shape;
  ProductType product = ProductType::kBFloat16;
  const void *dRows = nullptr;             // [R, d]: gathered gradient of out
  const void *down = nullptr;              // [E, d, I]
  const void *hidden = nullptr;            // [R, N]
  const float *weights = nullptr;          // [T, k]
  const std::int32_t *slotOfRow = nullptr; // [R]
  const std::int32_t *schedule = nullptr;
  void *dHidden = nullptr;         // [R, N]; may be `hidden` itself
  void *scaledActivated = nullptr; // [R, I]
  float *weightParts = nullptr;    // [R, weightParts]
  int variant = kChoose;
};
Result<void> groupedDownBackward(const GroupedDownBackward &args, cudaStream_t stream);

// dx[r] = dHidden[r] up[e].
struct GroupedUpBackward {
  MoeShape shape;
  ProductType product = ProductType::kBFloat16;
  const void *dHidden = nullptr; // [R, N]
  const void *up = nullptr;      // [E, N, d]
  const std::int32_t *schedule = nullptr;
  void *dRows = nullptr; // [R, d]
  int variant = kChoose;
};
Result<void> groupedUpBackward(const GroupedUpBackward &args, cudaStream_t stream);

// gradient[e] (+)= sum over the rows r of e of left[r]^T right[r]: exact zeros for an expert
// without rows. dDown: left = gathered gradient of out [R, d], right = scaledActivated [R, I]. dUp:
// left = dHidden [R, N], right = rows [R, d].
struct GroupedWeightGradient {
  MoeShape shape;
  ProductType product = ProductType::kBFloat16;
  std::int64_t leftColumns = 0;                     // m, a multiple of 8
  std::int64_t rightColumns = 0;                    // n, a multiple of 8
  const void *left = nullptr;                       // [R, m]
  const void *right = nullptr;                      // [R, n]
  const std::int32_t *ends = nullptr;               // [E]
  ElementType gradientType = ElementType::kFloat32; // fp32 or the storage type
  bool accumulate = false;                          // add to what is there
  void *gradient = nullptr;                         // [E, m, n]
  int variant = kChoose;
};
Result<void> groupedWeightGradient(const GroupedWeightGradient &args, cudaStream_t stream);

// d logit_e = [e selected, slot j] w_j (dw_j - <w, dw>) + loss' (p_e (g_e - <p, g>) + z lse p_e).
struct GateBackward {
  MoeShape shape;
  const float *logits = nullptr;     // [T, E]
  const float *lse = nullptr;        // [T]
  const float *weights = nullptr;    // [T, k]
  const std::int32_t *ids = nullptr; // [T, k]
  const std::int32_t *rowOfSlot = nullptr;
  const float *weightParts = nullptr; // [R, weightParts] of groupedDownBackward
  const float *balance = nullptr;     // [E], optional: g of permuteRows
  float z = 0;                        // 2 zFactor / T
  const float *dLoss = nullptr;       // [1], optional: loss', else 1
  float *dLogits = nullptr;           // [T, E]; may be `logits` itself
};
Result<void> gateBackward(const GateBackward &args, cudaStream_t stream);

// dx[t] = sum_j dRows[rowOfSlot[t, j]] + sum_e dLogits[t, e] gate[e].
struct InputGradient {
  MoeShape shape;
  ElementType rowType = ElementType::kBFloat16;
  ElementType xType = ElementType::kBFloat16;
  ElementType gateType = ElementType::kFloat32;
  const void *dRows = nullptr; // [R, d]
  const std::int32_t *rowOfSlot = nullptr;
  const float *dLogits = nullptr; // [T, E]
  const void *gate = nullptr;     // [E, d]
  void *dx = nullptr;             // [T, d]
};
Result<void> inputGradient(const InputGradient &args, cudaStream_t stream);

// dGate = dLogits^T x, in fp32 accuracy; two launches (parts, then their sum in order).
struct GateWeightGradient {
  MoeShape shape;
  ElementType xType = ElementType::kBFloat16;
  ElementType gateType = ElementType::kFloat32;
  const float *dLogits = nullptr; // [T, E]
  const void *x = nullptr;        // [T, d]
  bool accumulate = false;
  float *scratch = nullptr; // [gateScratchFloats]
  void *dGate = nullptr;    // [E, d] of gateType
};
Result<void> gateWeightGradient(const GateWeightGradient &args, cudaStream_t stream);

} // namespace hotloop::kernels
