#include "reference_moe/model/operators.h"

#include <algorithm>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/record_function.h>
#include <torch/library.h>

#include "core/base/time.h"
#include "kernels/gating/gating.h"
#include "kernels/routing/sort_rows.h"

namespace hotloop::moe {
namespace {

// Tokens per partial sum: fixed, so that sums do not depend on the number of threads.
constexpr std::int64_t kBlock = 256;

kernels::GatingShape shapeOf(const at::Tensor &logits, const at::Tensor &ids) {
  return {logits.size(0), logits.size(1), ids.size(1)};
}

void runForward(const kernels::GatingForward<float> &args, const kernels::GatingSums<float> &sums,
                std::int64_t begin, std::int64_t end) {
  kernels::gatingVariants().back().forward(args, sums, begin, end);
}
void runForward(const kernels::GatingForward<double> &args, const kernels::GatingSums<double> &sums,
                std::int64_t begin, std::int64_t end) {
  kernels::gatingForwardReference(args, sums, begin, end);
}
void runBackward(const kernels::GatingBackward<float> &args, std::int64_t begin, std::int64_t end) {
  kernels::gatingVariants().back().backward(args, begin, end);
}
void runBackward(const kernels::GatingBackward<double> &args, std::int64_t begin,
                 std::int64_t end) {
  kernels::gatingBackwardReference(args, begin, end);
}

template <class T>
void gatingForwardOf(const at::Tensor &logits, const at::Tensor &weights, const at::Tensor &ids,
                     const at::Tensor &lse, const at::Tensor &probabilitySums,
                     const at::Tensor &counts, const at::Tensor &squaredLse) {
  const kernels::GatingForward<T> args{shapeOf(logits, ids), logits.const_data_ptr<T>(),
                                       weights.data_ptr<T>(), ids.data_ptr<std::int64_t>(),
                                       lse.data_ptr<T>()};
  const std::int64_t tokens = args.shape.tokens, experts = args.shape.experts;
  const std::int64_t blocks = (tokens + kBlock - 1) / kBlock;
  const auto size = static_cast<std::size_t>(blocks * experts);
  std::vector<T> probabilities(size), squares(static_cast<std::size_t>(blocks));
  std::vector<std::int64_t> blockCounts(size);
  at::parallel_for(0, blocks, 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t b = first; b < last; ++b)
      runForward(args,
                 {probabilities.data() + b * experts, blockCounts.data() + b * experts,
                  squares.data() + b},
                 b * kBlock, std::min(tokens, (b + 1) * kBlock));
  });
  T *sums = probabilitySums.data_ptr<T>(), *square = squaredLse.data_ptr<T>();
  auto *count = counts.data_ptr<std::int64_t>();
  std::fill(sums, sums + experts, T(0));
  std::fill(count, count + experts, 0);
  *square = 0;
  for (std::int64_t b = 0; b < blocks; ++b) {
    *square += squares[static_cast<std::size_t>(b)];
    for (std::int64_t e = 0; e < experts; ++e) {
      sums[e] += probabilities[static_cast<std::size_t>(b * experts + e)];
      count[e] += blockCounts[static_cast<std::size_t>(b * experts + e)];
    }
  }
}

void gatingForwardCpu(const at::Tensor &logits, const at::Tensor &weights, const at::Tensor &ids,
                      const at::Tensor &lse, const at::Tensor &probabilitySums,
                      const at::Tensor &counts, const at::Tensor &squaredLse) {
  if (logits.scalar_type() == at::kDouble)
    return gatingForwardOf<double>(logits, weights, ids, lse, probabilitySums, counts, squaredLse);
  gatingForwardOf<float>(logits, weights, ids, lse, probabilitySums, counts, squaredLse);
}

template <class T>
void gatingBackwardOf(const at::Tensor &logits, const at::Tensor &lse, const at::Tensor &weights,
                      const at::Tensor &ids, const at::Tensor &dWeights, const at::Tensor &balance,
                      const at::Tensor &dLoss, double z, const at::Tensor &dLogits) {
  const kernels::GatingBackward<T> args{shapeOf(logits, ids),
                                        logits.const_data_ptr<T>(),
                                        lse.const_data_ptr<T>(),
                                        weights.const_data_ptr<T>(),
                                        ids.const_data_ptr<std::int64_t>(),
                                        dWeights.const_data_ptr<T>(),
                                        balance.const_data_ptr<T>(),
                                        static_cast<T>(z) * *dLoss.const_data_ptr<T>(),
                                        dLogits.data_ptr<T>()};
  at::parallel_for(0, args.shape.tokens, kBlock,
                   [&](std::int64_t begin, std::int64_t end) { runBackward(args, begin, end); });
}

void gatingBackwardCpu(const at::Tensor &logits, const at::Tensor &lse, const at::Tensor &weights,
                       const at::Tensor &ids, const at::Tensor &dWeights, const at::Tensor &balance,
                       const at::Tensor &dLoss, double z, const at::Tensor &dLogits) {
  if (logits.scalar_type() == at::kDouble)
    return gatingBackwardOf<double>(logits, lse, weights, ids, dWeights, balance, dLoss, z,
                                    dLogits);
  gatingBackwardOf<float>(logits, lse, weights, ids, dWeights, balance, dLoss, z, dLogits);
}

void sortRowsCpu(const at::Tensor &ids, const at::Tensor &ends, const at::Tensor &rowOfSlot,
                 const at::Tensor &slotOfRow, const at::Tensor &tokenOfRow) {
  kernels::sortRows({ids.numel(), ids.size(1), ends.numel(), ids.const_data_ptr<std::int64_t>(),
                     ends.data_ptr<std::int32_t>(), rowOfSlot.data_ptr<std::int64_t>(),
                     slotOfRow.data_ptr<std::int64_t>(), tokenOfRow.data_ptr<std::int64_t>()});
}

void sortRowsCuda(const at::Tensor &ids, const at::Tensor &ends, const at::Tensor &rowOfSlot,
                  const at::Tensor &slotOfRow, const at::Tensor &tokenOfRow) {
  const at::Tensor flat = ids.reshape({-1});
  slotOfRow.copy_(std::get<1>(at::sort(flat, /*stable=*/true, 0, /*descending=*/false)));
  tokenOfRow.copy_(slotOfRow.div(ids.size(1), "floor"));
  rowOfSlot.scatter_(0, slotOfRow, at::arange(flat.numel(), flat.options()));
  const at::Tensor counts =
      at::zeros({ends.numel()}, flat.options()).scatter_add_(0, flat, at::ones_like(flat));
  ends.copy_(counts.cumsum(0));
}

// The products inside are how the CPU does this one operator; a profiler must not take them for
// launches of the program.
template <class Product> void forEachExpert(const at::Tensor &ends, const Product &product) {
  const at::DisableRecordFunctionGuard unseen;
  const auto *end = ends.const_data_ptr<std::int32_t>();
  for (std::int64_t e = 0; e < ends.numel(); ++e) product(e, e == 0 ? 0 : end[e - 1], end[e]);
}

void groupedRowsCpu(const at::Tensor &a, const at::Tensor &b, const at::Tensor &ends,
                    const at::Tensor &out) {
  forEachExpert(ends, [&](std::int64_t e, std::int64_t first, std::int64_t last) {
    if (first == last) return;
    at::Tensor rows = out.slice(0, first, last);
    at::mm_out(rows, a.slice(0, first, last), b.select(0, e));
  });
}

void groupedColumnsCpu(const at::Tensor &a, const at::Tensor &b, const at::Tensor &ends,
                       const at::Tensor &out) {
  forEachExpert(ends, [&](std::int64_t e, std::int64_t first, std::int64_t last) {
    at::Tensor product = out.select(0, e);
    if (first == last) {
      product.zero_();
      return;
    }
    const at::Tensor left = a.slice(0, first, last).t(), right = b.slice(0, first, last);
    if (product.scalar_type() == a.scalar_type())
      at::mm_out(product, left, right);
    else
      product.copy_(at::mm(left, right));
  });
}

void groupedRowsCuda(const at::Tensor &a, const at::Tensor &b, const at::Tensor &ends,
                     const at::Tensor &out) {
  out.copy_(at::_grouped_mm(a, b, ends));
}

void groupedColumnsCuda(const at::Tensor &a, const at::Tensor &b, const at::Tensor &ends,
                        const at::Tensor &out) {
  // a as a column-major view: the layout in which groups may have any size, zero included.
  out.copy_(at::_grouped_mm(a.t(), b, ends));
}

// For packages compiled ahead of time: the same product as one functional operator, because
// LibTorch 2.11 has no entry point for at::_grouped_mm that such a package could call.
at::Tensor groupedProductCpu(const at::Tensor &a, const at::Tensor &b, const at::Tensor &ends) {
  at::Tensor out = at::empty({a.size(0), b.size(2)}, a.options());
  groupedRowsCpu(a, b, ends, out);
  return out;
}
at::Tensor groupedProductCuda(const at::Tensor &a, const at::Tensor &b, const at::Tensor &ends) {
  return at::_grouped_mm(a, b, ends);
}

void delayCpu(const at::Tensor &, double microseconds) {
  const Nanoseconds end =
      monotonicNow() + Nanoseconds(static_cast<std::int64_t>(microseconds * 1e3));
  while (monotonicNow() < end) {
  }
}

template <class Signature> auto find(const char *name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

} // namespace

void registerOperators() {
  static const auto *const kRegistered = [] {
    auto *definitions =
        new torch::Library(torch::Library::DEF, "hotloop_moe", std::nullopt, __FILE__, __LINE__);
    definitions->def("gating_forward(Tensor logits, Tensor(a!) weights, Tensor(b!) ids, "
                     "Tensor(c!) lse, Tensor(d!) probability_sums, Tensor(e!) counts, "
                     "Tensor(f!) squared_lse) -> ()");
    definitions->def("gating_backward(Tensor logits, Tensor lse, Tensor weights, Tensor ids, "
                     "Tensor d_weights, Tensor balance, Tensor d_loss, float z, "
                     "Tensor(a!) d_logits) -> ()");
    definitions->def("sort_rows(Tensor ids, Tensor(a!) ends, Tensor(b!) row_of_slot, "
                     "Tensor(c!) slot_of_row, Tensor(d!) token_of_row) -> ()");
    definitions->def("grouped_rows(Tensor a, Tensor b, Tensor ends, Tensor(a!) out) -> ()");
    definitions->def("grouped_columns(Tensor a, Tensor b, Tensor ends, Tensor(a!) out) -> ()");
    definitions->def("grouped_product(Tensor a, Tensor b, Tensor ends) -> Tensor");
    definitions->def("delay(Tensor place, float microseconds) -> ()");
    auto *cpu = new torch::Library(torch::Library::IMPL, "hotloop_moe", c10::DispatchKey::CPU,
                                   __FILE__, __LINE__);
    cpu->impl("gating_forward", &gatingForwardCpu);
    cpu->impl("gating_backward", &gatingBackwardCpu);
    cpu->impl("sort_rows", &sortRowsCpu);
    cpu->impl("grouped_rows", &groupedRowsCpu);
    cpu->impl("grouped_columns", &groupedColumnsCpu);
    cpu->impl("grouped_product", &groupedProductCpu);
    cpu->impl("delay", &delayCpu);
    auto *cuda = new torch::Library(torch::Library::IMPL, "hotloop_moe", c10::DispatchKey::CUDA,
                                    __FILE__, __LINE__);
    cuda->impl("sort_rows", &sortRowsCuda);
    cuda->impl("grouped_rows", &groupedRowsCuda);
    cuda->impl("grouped_columns", &groupedColumnsCuda);
    cuda->impl("grouped_product", &groupedProductCuda);
    return definitions; // never destroyed: LibTorch may be gone before our static objects
  }();
  (void)kRegistered;
}

void gatingForward(const at::Tensor &logits, const GatingOutputs &o) {
  static const auto op = find<decltype(gatingForwardCpu)>("hotloop_moe::gating_forward");
  op.call(logits, o.weights, o.ids, o.lse, o.probabilitySums, o.counts, o.squaredLse);
}

void gatingBackward(const at::Tensor &logits, const at::Tensor &lse, const at::Tensor &weights,
                    const at::Tensor &ids, const at::Tensor &dWeights, const at::Tensor &balance,
                    const at::Tensor &dLoss, double z, const at::Tensor &dLogits) {
  static const auto op = find<decltype(gatingBackwardCpu)>("hotloop_moe::gating_backward");
  op.call(logits, lse, weights, ids, dWeights, balance, dLoss, z, dLogits);
}

void sortRows(const at::Tensor &ids, const RowOrder &order) {
  static const auto op = find<decltype(sortRowsCpu)>("hotloop_moe::sort_rows");
  op.call(ids, order.ends, order.rowOfSlot, order.slotOfRow, order.tokenOfRow);
}

void groupedRows(const at::Tensor &a, const at::Tensor &b, const at::Tensor &ends,
                 const at::Tensor &out) {
  static const auto op = find<decltype(groupedRowsCpu)>("hotloop_moe::grouped_rows");
  op.call(a, b, ends, out);
}

void groupedColumns(const at::Tensor &a, const at::Tensor &b, const at::Tensor &ends,
                    const at::Tensor &out) {
  static const auto op = find<decltype(groupedColumnsCpu)>("hotloop_moe::grouped_columns");
  op.call(a, b, ends, out);
}

void delayOperator(double microseconds) {
  static const auto op = find<decltype(delayCpu)>("hotloop_moe::delay");
  static const at::Tensor place = at::empty({0});
  op.call(place, microseconds);
}

} // namespace hotloop::moe
