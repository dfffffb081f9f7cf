// The gating ladder, one thread, warm caches. Beside each time: the bytes that must move at least
// and the floating-point operations, as rates, so that a figure can be held against the machine's.
#include <algorithm>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "kernels/gating/gating.h"
#include "kernels/harness/compare.h"

namespace hotloop::kernels {
namespace {

struct Data {
  explicit Data(const GatingShape &s)
      : shape(s), logits(makeLogits(LogitKind::kNormal, s.tokens, s.experts, 1)),
        dWeights(makeUniform(s.tokens * s.topK, 2)), balance(makeUniform(s.experts, 3)),
        weights(size(s.tokens * s.topK)), lse(size(s.tokens)), probabilities(size(s.experts)),
        dLogits(size(s.tokens * s.experts)), ids(size(s.tokens * s.topK)), counts(size(s.experts)) {
  }

  static std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }
  void forward(const GatingVariant &variant) {
    variant.forward({shape, logits.data(), weights.data(), ids.data(), lse.data()},
                    {probabilities.data(), counts.data(), &squares}, 0, shape.tokens);
  }
  void backward(const GatingVariant &variant) {
    variant.backward({shape, logits.data(), lse.data(), weights.data(), ids.data(), dWeights.data(),
                      balance.data(), 0.1f, dLogits.data()},
                     0, shape.tokens);
  }

  GatingShape shape;
  std::vector<float> logits, dWeights, balance, weights, lse, probabilities, dLogits;
  std::vector<std::int64_t> ids, counts;
  float squares = 0;
};

void addFloor(benchmark::State &state, const GatingCost &cost, std::int64_t tokens) {
  const auto rounds = static_cast<double>(state.iterations());
  state.counters["bytes/s"] = benchmark::Counter(cost.bytes * rounds, benchmark::Counter::kIsRate);
  state.counters["flop/s"] = benchmark::Counter(cost.flops * rounds, benchmark::Counter::kIsRate);
  state.SetItemsProcessed(state.iterations() * tokens); // tokens per second
}

void forward(benchmark::State &state, const GatingVariant *variant, GatingShape shape) {
  Data data(shape);
  for (auto _ : state) {
    data.forward(*variant);
    benchmark::ClobberMemory();
  }
  addFloor(state, gatingForwardCost(shape), shape.tokens);
}

void backward(benchmark::State &state, const GatingVariant *variant, GatingShape shape) {
  Data data(shape);
  data.forward(*variant);
  for (auto _ : state) {
    data.backward(*variant);
    benchmark::ClobberMemory();
  }
  addFloor(state, gatingBackwardCost(shape), shape.tokens);
}

// What any variant must at least do: read the logits, write as many bytes as the forward pass.
void floorCopy(benchmark::State &state, GatingShape shape) {
  Data data(shape);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        std::copy(data.logits.begin(), data.logits.end(), data.dLogits.begin()));
    benchmark::ClobberMemory();
  }
  addFloor(state, {static_cast<double>(data.logits.size()) * 8, 0}, shape.tokens);
}

} // namespace
} // namespace hotloop::kernels

int main(int argc, char **argv) {
  using namespace hotloop::kernels;
  for (const GatingShape shape :
       {GatingShape{4096, 8, 2}, GatingShape{4096, 32, 2}, GatingShape{4096, 128, 8}}) {
    const std::string size = "T" + std::to_string(shape.tokens) + "_E" +
                             std::to_string(shape.experts) + "_k" + std::to_string(shape.topK);
    benchmark::RegisterBenchmark(("copy/" + size).c_str(), floorCopy, shape);
    for (const GatingVariant &variant : gatingVariants()) {
      const std::string name = std::string(variant.name) + "/" + size;
      benchmark::RegisterBenchmark(("forward/" + name).c_str(), forward, &variant, shape);
      benchmark::RegisterBenchmark(("backward/" + name).c_str(), backward, &variant, shape);
    }
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  // Run with --benchmark_enable_random_interleaving=true --benchmark_repetitions=5 for paired
  // figures.
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
