#include "reference_moe/model/packed_weights.h"

#include <optional>
#include <string>

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/record_function.h>

namespace hotloop::moe {
namespace {

// LibTorch gives these operators to its compiler and has no C++ function for them.
std::optional<c10::OperatorHandle> mkldnnOperator(const char *name) {
  return c10::Dispatcher::singleton().findSchema({std::string("mkldnn::") + name, ""});
}

at::Tensor packOne(const c10::OperatorHandle &reorder, const at::Tensor &weight,
                   std::int64_t rows) {
  torch::jit::Stack stack{weight, rows};
  reorder.callBoxed(stack);
  return stack[0].toTensor();
}

at::Tensor multiplyOne(const c10::OperatorHandle &linear, const at::Tensor &a,
                       const at::Tensor &packed) {
  torch::jit::Stack stack{a, packed, c10::IValue(), "none", c10::List<std::optional<at::Scalar>>(),
                          ""};
  linear.callBoxed(stack);
  return stack[0].toTensor();
}

} // namespace

bool PackedWeights::canPack(at::Device device, at::ScalarType type) {
  if (!device.is_cpu() || type != at::kBFloat16) return false;
  static const bool kSupported = [] {
    const auto supported = mkldnnOperator("_is_mkldnn_bf16_supported");
    if (!supported || !mkldnnOperator("_reorder_linear_weight") ||
        !mkldnnOperator("_linear_pointwise"))
      return false;
    torch::jit::Stack stack;
    supported->callBoxed(stack);
    return stack[0].toBool();
  }();
  return kSupported;
}

void PackedWeights::pack(const at::Tensor &weight, std::int64_t rows) {
  const at::DisableRecordFunctionGuard unseen;
  const auto reorder = mkldnnOperator("_reorder_linear_weight");
  experts_.clear();
  for (std::int64_t e = 0; e < weight.size(0); ++e)
    experts_.push_back(packOne(*reorder, weight.select(0, e), rows));
}

std::int64_t PackedWeights::bytes() const {
  std::int64_t sum = 0;
  for (const at::Tensor &expert : experts_) sum += expert.numel() * expert.element_size();
  return sum;
}

void PackedWeights::multiply(const at::Tensor &a, const at::Tensor &ends,
                             const at::Tensor &out) const {
  RECORD_FUNCTION("hotloop_moe::grouped_rows", std::vector<c10::IValue>({a, ends, out}));
  const at::DisableRecordFunctionGuard unseen; // how the CPU does this one operator
  static const auto kLinear = mkldnnOperator("_linear_pointwise");
  const auto *end = ends.const_data_ptr<std::int32_t>();
  for (std::size_t e = 0; e < experts_.size(); ++e) {
    const std::int64_t first = e == 0 ? 0 : end[e - 1], last = end[e];
    if (first == last) continue;
    out.slice(0, first, last).copy_(multiplyOne(*kLinear, a.slice(0, first, last), experts_[e]));
  }
}

} // namespace hotloop::moe
