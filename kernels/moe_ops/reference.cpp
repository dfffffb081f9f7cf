#include "kernels/moe_ops/reference.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "kernels/gating/gating.h"
#include "kernels/moe_ops/moe_sizes.h"
#include "kernels/routing/sort_rows.h"

namespace hotloop::kernels {
namespace {

using Index = std::int64_t;

std::vector<double> zeros(Index count) {
  return std::vector<double>(static_cast<std::size_t>(count));
}

// out[i] += sum_k a[k] b[i, k] for i < rows.
void addMatrixVector(const double *matrix, const double *vector, Index rows, Index columns,
                     double *out) {
  for (Index i = 0; i < rows; ++i)
    for (Index k = 0; k < columns; ++k) out[i] += matrix[i * columns + k] * vector[k];
}
// out[k] += sum_i v[i] matrix[i, k].
void addVectorMatrix(const double *vector, const double *matrix, Index rows, Index columns,
                     double *out) {
  for (Index i = 0; i < rows; ++i)
    for (Index k = 0; k < columns; ++k) out[k] += vector[i] * matrix[i * columns + k];
}
// matrix[i, k] += left[i] right[k].
void addOuter(const double *left, const double *right, Index rows, Index columns, double *matrix) {
  for (Index i = 0; i < rows; ++i)
    for (Index k = 0; k < columns; ++k) matrix[i * columns + k] += left[i] * right[k];
}

double sigmoidOf(double x) { return 1 / (1 + std::exp(-x)); }
double normalBelowOf(double x) { return 0.5 * (1 + std::erf(x / std::numbers::sqrt2)); }

} // namespace

std::vector<double> moeLogits(const MoeShape &s, const MoeNumbers &n) {
  std::vector<double> logits = zeros(s.tokens * s.experts);
  for (Index t = 0; t < s.tokens; ++t)
    addMatrixVector(n.gate.data(), n.x.data() + t * s.dim, s.experts, s.dim,
                    logits.data() + t * s.experts);
  return logits;
}

MoeForwardResult moeForward(const MoeShape &s, const MoeNumbers &n, const MoeRouting &routing) {
  const Index rows = s.rows(), wide = s.hiddenColumns();
  MoeForwardResult r;
  r.ends.resize(static_cast<std::size_t>(s.experts));
  const std::vector<Index> ids(routing.ids.begin(), routing.ids.end());
  std::vector<Index> rowOf(ids.size()), slotOf(ids.size()), tokenOf(ids.size());
  sortRows({rows, s.topK, s.experts, ids.data(), r.ends.data(), rowOf.data(), slotOf.data(),
            tokenOf.data()});
  r.rowOfSlot.assign(rowOf.begin(), rowOf.end());
  r.slotOfRow.assign(slotOf.begin(), slotOf.end());
  r.hidden = zeros(rows * wide);
  r.activated = zeros(rows * s.inner);
  r.y = zeros(rows * s.dim);
  r.out = zeros(s.tokens * s.dim);
  for (Index row = 0; row < rows; ++row) {
    const Index slot = r.slotOfRow[static_cast<std::size_t>(row)], token = slot / s.topK;
    const Index e = routing.ids[static_cast<std::size_t>(slot)];
    double *h = r.hidden.data() + row * wide, *a = r.activated.data() + row * s.inner;
    double *y = r.y.data() + row * s.dim;
    addMatrixVector(n.up.data() + e * wide * s.dim, n.x.data() + token * s.dim, wide, s.dim, h);
    for (Index i = 0; i < s.inner; ++i)
      a[i] = s.activation == ExpertActivation::kSwiglu ? h[i] * sigmoidOf(h[i]) * h[s.inner + i]
                                                       : h[i] * normalBelowOf(h[i]);
    addMatrixVector(n.down.data() + e * s.dim * s.inner, a, s.dim, s.inner, y);
    const double weight = routing.weights[static_cast<std::size_t>(slot)];
    for (Index c = 0; c < s.dim; ++c)
      r.out[static_cast<std::size_t>(token * s.dim + c)] += weight * y[c];
  }
  return r;
}

MoeBackwardResult moeBackward(const MoeShape &s, const MoeNumbers &n, const MoeRouting &routing,
                              const MoeForwardResult &f, const std::vector<double> &logits,
                              const std::vector<double> &dOut, const std::vector<double> &balance,
                              double z) {
  const Index rows = s.rows(), wide = s.hiddenColumns();
  MoeBackwardResult r;
  r.dHidden = zeros(rows * wide);
  r.scaledActivated = zeros(rows * s.inner);
  r.dWeights = zeros(rows);
  r.dRows = zeros(rows * s.dim);
  r.dUp = zeros(s.experts * wide * s.dim);
  r.dDown = zeros(s.experts * s.dim * s.inner);
  r.dGate = zeros(s.experts * s.dim);
  r.dLogits = zeros(s.tokens * s.experts);
  r.dx = zeros(s.tokens * s.dim);
  for (Index row = 0; row < rows; ++row) {
    const Index slot = f.slotOfRow[static_cast<std::size_t>(row)], token = slot / s.topK;
    const Index e = routing.ids[static_cast<std::size_t>(slot)];
    const double weight = routing.weights[static_cast<std::size_t>(slot)];
    const double *down = n.down.data() + e * s.dim * s.inner;
    const double *h = f.hidden.data() + row * wide, *a = f.activated.data() + row * s.inner;
    const double *gradient = dOut.data() + token * s.dim;
    double *dh = r.dHidden.data() + row * wide, *wa = r.scaledActivated.data() + row * s.inner;
    std::vector<double> da = zeros(s.inner);
    addVectorMatrix(gradient, down, s.dim, s.inner, da.data());
    for (Index i = 0; i < s.inner; ++i) {
      const double d = da[static_cast<std::size_t>(i)];
      r.dWeights[static_cast<std::size_t>(slot)] += d * a[i];
      wa[i] = weight * a[i];
      if (s.activation == ExpertActivation::kSwiglu) {
        const double p = sigmoidOf(h[i]);
        dh[i] = weight * d * h[s.inner + i] * p * (1 + h[i] * (1 - p));
        dh[s.inner + i] = weight * d * h[i] * p;
      } else {
        const double density = std::exp(-h[i] * h[i] / 2) / std::sqrt(2 * std::numbers::pi);
        dh[i] = weight * d * (normalBelowOf(h[i]) + h[i] * density);
      }
    }
    addOuter(gradient, wa, s.dim, s.inner, r.dDown.data() + e * s.dim * s.inner);
    addOuter(dh, n.x.data() + token * s.dim, wide, s.dim, r.dUp.data() + e * wide * s.dim);
    double *dRow = r.dRows.data() + row * s.dim;
    addVectorMatrix(dh, n.up.data() + e * wide * s.dim, wide, s.dim, dRow);
    for (Index c = 0; c < s.dim; ++c) r.dx[static_cast<std::size_t>(token * s.dim + c)] += dRow[c];
  }

  std::vector<double> lse = zeros(s.tokens);
  for (Index t = 0; t < s.tokens; ++t) {
    const double *line = logits.data() + t * s.experts;
    double top = -std::numeric_limits<double>::infinity(), sum = 0;
    for (Index e = 0; e < s.experts; ++e) top = std::max(top, line[e]);
    for (Index e = 0; e < s.experts; ++e) sum += std::exp(line[e] - top);
    lse[static_cast<std::size_t>(t)] = top + std::log(sum);
  }
  const std::vector<Index> ids(routing.ids.begin(), routing.ids.end());
  const GatingBackward<double> gating{{s.tokens, s.experts, s.topK},
                                      logits.data(),
                                      lse.data(),
                                      routing.weights.data(),
                                      ids.data(),
                                      r.dWeights.data(),
                                      balance.data(),
                                      z,
                                      r.dLogits.data()};
  gatingBackwardReference(gating, 0, s.tokens);
  for (Index t = 0; t < s.tokens; ++t) {
    const double *line = r.dLogits.data() + t * s.experts;
    addOuter(line, n.x.data() + t * s.dim, s.experts, s.dim, r.dGate.data());
    addVectorMatrix(line, n.gate.data(), s.experts, s.dim, r.dx.data() + t * s.dim);
  }
  return r;
}

std::vector<std::int32_t> moeSchedule(const MoeShape &s, const std::vector<std::int32_t> &ends) {
  std::vector<std::int32_t> schedule(static_cast<std::size_t>(moeOpSizes(s).scheduleInts));
  for (int list = 0; list < kTileLists; ++list) {
    const auto height = static_cast<std::int32_t>(kTileRows[list]);
    auto at = static_cast<std::size_t>(tileListOffset(s.rows(), s.experts, list));
    std::int32_t tiles = 0, begin = 0;
    for (std::size_t e = 0; e < ends.size(); ++e) {
      const std::int32_t own = (ends[e] - begin + height - 1) / height, first = tiles;
      for (; tiles < first + own; ++tiles)
        for (const std::int32_t number : {static_cast<std::int32_t>(e), first, begin, ends[e]})
          schedule[at++] = number;
      begin = ends[e];
    }
    schedule[static_cast<std::size_t>(list)] = tiles;
  }
  return schedule;
}

} // namespace hotloop::kernels
