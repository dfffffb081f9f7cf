#pragma once

#include <string>

#include "kernels/moe_ops/moe_choice.h"
#include "kernels/moe_ops/moe_ops.h"
#include "kernels/program/device_array.h"

namespace hotloop::kernels::program {

struct LayerTypes {
  ProductType product = ProductType::kBFloat16;
  ElementType x = ElementType::kBFloat16;
  ElementType gate = ElementType::kBFloat16;
};

// How tokens spread over experts: the gate's first column and a constant first column of x make a
// bias per expert.
enum class Skew { kUniform, kZipf, kOneHot };
std::vector<float> skewBias(Skew skew, std::int64_t experts);

struct Variants {
  int gate = kChoose, up = kChoose, down = kChoose, backward = kChoose;
};

// All arrays of one layer, and its operators in order.
struct Layer {
  MoeShape shape;
  LayerTypes types;
  bool training;
  float balanceFactor = 0.01f, zFactor = 0.001f;

  DeviceArray x, gate, up, down;
  DeviceArray ids, weights, logits, lse, tileCounts, tileProbabilities, tileSquaredLse;
  DeviceArray rows, ends, rowOfSlot, slotOfRow, schedule, loss, balance;
  DeviceArray hidden, activated, y, out;
  DeviceArray dOut, dOutRows, dHidden, scaledActivated, weightParts, dDown, dUp, dRows, dLogits, dx;
  DeviceArray dGate, gateScratch;

  Layer(const MoeShape &shape, const LayerTypes &types, bool training);
  ElementType rowType() const { return storageOf(types.product); }

  // One operator each; the program ends with the sentence of an error.
  void runGate(cudaStream_t stream, int variant = kChoose) const;
  void runPermute(cudaStream_t stream) const;
  void runUp(cudaStream_t stream, int variant = kChoose) const;
  void runDown(cudaStream_t stream, int variant = kChoose) const;
  void runCombine(cudaStream_t stream) const;
  void forward(cudaStream_t stream, const Variants &variants = {}) const;

  void runGatherGradient(cudaStream_t stream) const;
  // dHidden from hidden, or from a copy of it that lies where dHidden shall.
  void runDownBackward(cudaStream_t stream, int variant = kChoose, bool inPlace = false) const;
  void runDownGradient(cudaStream_t stream, int variant = kChoose) const;
  void runUpBackward(cudaStream_t stream, int variant = kChoose) const;
  void runUpGradient(cudaStream_t stream, int variant = kChoose) const;
  void runGateBackward(cudaStream_t stream, bool inPlace = false) const; // as above, of logits
  void runInputGradient(cudaStream_t stream) const;
  void runGateGradient(cudaStream_t stream) const;
  void backward(cudaStream_t stream, const Variants &variants = {}) const;

  void poisonResults(cudaStream_t stream) const; // everything that an operator writes
};

} // namespace hotloop::kernels::program
