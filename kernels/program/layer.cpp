#include "kernels/program/layer.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace hotloop::kernels::program {
namespace {

void require(const Result<void> &result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(2);
}

} // namespace

std::vector<float> skewBias(Skew skew, std::int64_t experts) {
  std::vector<float> bias(static_cast<std::size_t>(experts), 0.0f);
  for (std::int64_t e = 0; e < experts; ++e) {
    float &b = bias[static_cast<std::size_t>(e)];
    if (skew == Skew::kZipf) b = -std::log(static_cast<float>(e + 1));
    if (skew == Skew::kOneHot) b = e % 3 == 1 ? 40.0f - static_cast<float>(e) : -40.0f;
  }
  return bias;
}

Layer::Layer(const MoeShape &s, const LayerTypes &t, bool train)
    : shape(s), types(t), training(train) {
  const MoeOpSizes sizes = moeOpSizes(s);
  const std::int64_t rowBytes = bytesOf(rowType()), xBytes = bytesOf(t.x);
  const std::int64_t R = s.rows(), N = s.hiddenColumns();
  const auto make = [](std::int64_t bytes) { return DeviceArray(bytes); };
  x = make(s.tokens * s.dim * xBytes);
  gate = make(s.experts * s.dim * bytesOf(t.gate));
  up = make(s.experts * N * s.dim * rowBytes);
  down = make(s.experts * s.dim * s.inner * rowBytes);
  ids = make(R * 4);
  weights = make(R * 4);
  tileCounts = make(sizes.countTiles * s.experts * 4);
  rows = make(R * s.dim * rowBytes);
  ends = make(s.experts * 4);
  rowOfSlot = make(R * 4);
  schedule = make(sizes.scheduleInts * 4);
  activated = make(R * s.inner * rowBytes);
  y = make(R * s.dim * rowBytes);
  out = make(s.tokens * s.dim * xBytes);
  if (!train) return;
  logits = make(s.tokens * s.experts * 4);
  lse = make(s.tokens * 4);
  tileProbabilities = make(sizes.countTiles * s.experts * 4);
  tileSquaredLse = make(sizes.countTiles * 4);
  slotOfRow = make(R * 4);
  loss = make(4);
  balance = make(s.experts * 4);
  hidden = make(R * N * rowBytes);
  dOut = make(s.tokens * s.dim * xBytes);
  dOutRows = make(R * s.dim * rowBytes);
  dHidden = make(R * N * rowBytes);
  scaledActivated = make(R * s.inner * rowBytes);
  weightParts = make(R * sizes.weightParts * 4);
  dDown = make(s.experts * s.dim * s.inner * 4);
  dUp = make(s.experts * N * s.dim * 4);
  dRows = make(R * s.dim * rowBytes);
  dLogits = make(s.tokens * s.experts * 4);
  dx = make(s.tokens * s.dim * xBytes);
  dGate = make(s.experts * s.dim * bytesOf(t.gate));
  gateScratch = make(sizes.gateScratchFloats * 4);
}

void Layer::runGate(cudaStream_t stream, int variant) const {
  require(gateForward({shape, types.x, types.gate, x.data(), gate.data(), ids.as<std::int32_t>(),
                       weights.as<float>(), logits.as<float>(), lse.as<float>(),
                       tileCounts.as<std::int32_t>(), tileProbabilities.as<float>(),
                       tileSquaredLse.as<float>(), variant},
                      stream));
}
void Layer::runPermute(cudaStream_t stream) const {
  PermuteRows a;
  a.shape = shape;
  a.xType = types.x;
  a.rowType = rowType();
  a.x = x.data();
  a.ids = ids.as<std::int32_t>();
  a.tileCounts = tileCounts.as<std::int32_t>();
  a.rows = rows.data();
  a.ends = ends.as<std::int32_t>();
  a.rowOfSlot = rowOfSlot.as<std::int32_t>();
  a.slotOfRow = slotOfRow.as<std::int32_t>();
  a.schedule = schedule.as<std::int32_t>();
  a.tileProbabilities = tileProbabilities.as<float>();
  a.tileSquaredLse = tileSquaredLse.as<float>();
  a.balanceFactor = balanceFactor;
  a.zFactor = zFactor;
  a.loss = loss.as<float>();
  a.balance = balance.as<float>();
  require(permuteRows(a, stream));
}
void Layer::runUp(cudaStream_t stream, int variant) const {
  require(groupedUp({shape, types.product, rows.data(), up.data(), schedule.as<std::int32_t>(),
                     hidden.data(), activated.data(), variant},
                    stream));
}
void Layer::runDown(cudaStream_t stream, int variant) const {
  require(groupedDown({shape, types.product, activated.data(), down.data(),
                       schedule.as<std::int32_t>(), y.data(), variant},
                      stream));
}
void Layer::runCombine(cudaStream_t stream) const {
  require(combineRows({shape, rowType(), types.x, y.data(), rowOfSlot.as<std::int32_t>(),
                       weights.as<float>(), nullptr, out.data()},
                      stream));
}
void Layer::forward(cudaStream_t stream, const Variants &v) const {
  runGate(stream, v.gate);
  runPermute(stream);
  runUp(stream, v.up);
  runDown(stream, v.down);
  runCombine(stream);
}

void Layer::runGatherGradient(cudaStream_t stream) const {
  require(gatherRows(
      {shape, types.x, rowType(), dOut.data(), rowOfSlot.as<std::int32_t>(), dOutRows.data()},
      stream));
}
void Layer::runDownBackward(cudaStream_t stream, int variant, bool inPlace) const {
  if (inPlace) copyAll(hidden, dHidden, stream);
  require(groupedDownBackward(
      {shape, types.product, dOutRows.data(), down.data(), inPlace ? dHidden.data() : hidden.data(),
       weights.as<float>(), slotOfRow.as<std::int32_t>(), schedule.as<std::int32_t>(),
       dHidden.data(), scaledActivated.data(), weightParts.as<float>(), variant},
      stream));
}
void Layer::runDownGradient(cudaStream_t stream, int variant) const {
  require(groupedWeightGradient({shape, types.product, shape.dim, shape.inner, dOutRows.data(),
                                 scaledActivated.data(), ends.as<std::int32_t>(),
                                 ElementType::kFloat32, false, dDown.data(), variant},
                                stream));
}
void Layer::runUpBackward(cudaStream_t stream, int variant) const {
  require(groupedUpBackward({shape, types.product, dHidden.data(), up.data(),
                             schedule.as<std::int32_t>(), dRows.data(), variant},
                            stream));
}
void Layer::runUpGradient(cudaStream_t stream, int variant) const {
  require(groupedWeightGradient({shape, types.product, shape.hiddenColumns(), shape.dim,
                                 dHidden.data(), rows.data(), ends.as<std::int32_t>(),
                                 ElementType::kFloat32, false, dUp.data(), variant},
                                stream));
}
void Layer::runGateBackward(cudaStream_t stream, bool inPlace) const {
  if (inPlace) copyAll(logits, dLogits, stream);
  require(
      gateBackward({shape, (inPlace ? dLogits : logits).as<float>(), lse.as<float>(),
                    weights.as<float>(), ids.as<std::int32_t>(), rowOfSlot.as<std::int32_t>(),
                    weightParts.as<float>(), balance.as<float>(),
                    2 * zFactor / static_cast<float>(shape.tokens), nullptr, dLogits.as<float>()},
                   stream));
}
void Layer::runInputGradient(cudaStream_t stream) const {
  require(inputGradient({shape, rowType(), types.x, types.gate, dRows.data(),
                         rowOfSlot.as<std::int32_t>(), dLogits.as<float>(), gate.data(), dx.data()},
                        stream));
}
void Layer::runGateGradient(cudaStream_t stream) const {
  require(gateWeightGradient({shape, types.x, types.gate, dLogits.as<float>(), x.data(), false,
                              gateScratch.as<float>(), dGate.data()},
                             stream));
}
void Layer::backward(cudaStream_t stream, const Variants &v) const {
  runGatherGradient(stream);
  runDownBackward(stream, v.backward);
  runDownGradient(stream, v.backward);
  runUpBackward(stream, v.backward);
  runUpGradient(stream, v.backward);
  runGateBackward(stream);
  runInputGradient(stream);
  runGateGradient(stream);
}

void Layer::poisonResults(cudaStream_t stream) const {
  for (const DeviceArray *array : {&ids,
                                   &weights,
                                   &logits,
                                   &lse,
                                   &tileCounts,
                                   &tileProbabilities,
                                   &rows,
                                   &tileSquaredLse,
                                   &ends,
                                   &rowOfSlot,
                                   &slotOfRow,
                                   &schedule,
                                   &loss,
                                   &balance,
                                   &hidden,
                                   &activated,
                                   &y,
                                   &out,
                                   &dOutRows,
                                   &dHidden,
                                   &scaledActivated,
                                   &weightParts,
                                   &dDown,
                                   &dUp,
                                   &dRows,
                                   &dLogits,
                                   &dx,
                                   &dGate,
                                   &gateScratch})
    array->poison(stream);
}

} // namespace hotloop::kernels::program
