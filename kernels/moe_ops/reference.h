#pragma once

#include <cstdint>
#include <vector>

#include "kernels/moe_ops/moe_types.h"

// The layer in double on the CPU, every formula spelled out: what the operators are held against.
// Routing comes from gating.h and sort_rows.h; here are the experts and all gradients.
namespace hotloop::kernels {

struct MoeNumbers {
  std::vector<double> x;    // [T, d]
  std::vector<double> gate; // [E, d]
  std::vector<double> up;   // [E, N, d]
  std::vector<double> down; // [E, d, I]
};

// Who goes where; given, so that a comparison does not hang on a tie.
struct MoeRouting {
  std::vector<std::int32_t> ids; // [T, k]
  std::vector<double> weights;   // [T, k]
};

struct MoeForwardResult {
  std::vector<std::int32_t> ends, rowOfSlot, slotOfRow;
  std::vector<double> hidden;    // [R, N]
  std::vector<double> activated; // [R, I]
  std::vector<double> y;         // [R, d]
  std::vector<double> out;       // [T, d]
};
MoeForwardResult moeForward(const MoeShape &shape, const MoeNumbers &numbers,
                            const MoeRouting &routing);

// logits [T, E] = x gate^T.
std::vector<double> moeLogits(const MoeShape &shape, const MoeNumbers &numbers);

struct MoeBackwardResult {
  std::vector<double> dHidden, scaledActivated; // [R, N], [R, I]
  std::vector<double> dWeights;                 // [T, k]
  std::vector<double> dRows;                    // [R, d]
  std::vector<double> dUp, dDown, dGate;
  std::vector<double> dLogits; // [T, E]
  std::vector<double> dx;      // [T, d]
};
// `balance` [E] and `z` as in GateBackward; lse from logits.
MoeBackwardResult moeBackward(const MoeShape &shape, const MoeNumbers &numbers,
                              const MoeRouting &routing, const MoeForwardResult &forward,
                              const std::vector<double> &logits, const std::vector<double> &dOut,
                              const std::vector<double> &balance, double z);

// The tile lists that permuteRows writes (moe_sizes.h), from `ends`; unused places hold 0.
std::vector<std::int32_t> moeSchedule(const MoeShape &shape, const std::vector<std::int32_t> &ends);

} // namespace hotloop::kernels
