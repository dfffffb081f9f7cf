#include "tests/support/plants/stage.h"

namespace hotloop::test_support {

namespace {

constexpr std::string_view kProduct = "sm90_xmma_gemm_bf16bf16_bf16f32_f32_tn_n_tilesize128x128x64";
constexpr std::string_view kNorm = "layer_norm_kernel";

} // namespace

void Stage::op(std::string_view name, std::string_view function, std::string_view kernel,
               std::int64_t device, std::int64_t host) {
  loop.begin(name, function);
  loop.kernel(kernel, device, {.function = function, .grid = 1056});
  loop.end(host);
}

void Stage::product(std::string_view function, std::string_view kernel, std::int64_t device,
                    const ScriptedLaunch &launch) {
  ScriptedLaunch at = launch;
  at.function = function;
  loop.begin("aten::mm", function);
  loop.kernel(kernel, device, at);
  loop.end(5'000);
}

void Stage::compute(int count) {
  for (int i = 0; i < count; ++i) {
    op("aten::linear", "layer", kProduct, 120'000);
    op("aten::native_layer_norm", "layer", kNorm, 40'000);
  }
}

void Stage::readBack(std::string_view function) {
  loop.copy(4, function, {.kind = 2, .source = 3, .destination = 1});
  loop.synchronize(function, "cudaStreamSynchronize");
}

void Stage::finish() {
  loop.copy(4, "log", {.kind = 2, .source = 3, .destination = 2});
  const std::uint64_t done = loop.record(1, "log");
  if (stepBefore_ != 0) loop.waitFor(stepBefore_, "log");
  stepBefore_ = done;
}

} // namespace hotloop::test_support
