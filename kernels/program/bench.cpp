#include "kernels/program/bench.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "kernels/program/timing.h"

namespace hotloop::kernels::program {
namespace {

struct Work {
  double flops = 0, bytes = 0;
};

// What must move and be computed at least; weights only of experts that have rows.
struct Costs {
  double hit; // experts with rows
  const MoeShape &s;
  double T = static_cast<double>(s.tokens), d = static_cast<double>(s.dim),
         I = static_cast<double>(s.inner), E = static_cast<double>(s.experts),
         R = static_cast<double>(s.rows()), N = static_cast<double>(s.hiddenColumns());

  Work gate() const { return {2 * T * d * E, 2 * (T * d + E * d) + 8 * R}; }
  Work permute() const { return {0, 2 * d * (T + R) + 8 * R}; }
  Work up() const { return {2 * R * d * N, 2 * (R * d + hit * N * d + R * I)}; }
  Work down() const { return {2 * R * d * I, 2 * (R * I + hit * d * I + R * d)}; }
  Work combine() const { return {2 * R * d, 2 * d * (T + R)}; }
  Work forward() const { return {2 * R * d * (N + I), 2 * (2 * T * d + hit * d * (N + I))}; }
  Work downBackward() const {
    return {2 * R * d * I, 2 * (R * d + hit * d * I + 2 * R * N + R * I)};
  }
  Work upBackward() const { return {2 * R * d * N, 2 * (R * N + hit * d * N + R * d)}; }
  Work downGradient() const { return {2 * R * d * I, 2 * R * (d + I) + 4 * E * d * I}; }
  Work upGradient() const { return {2 * R * d * N, 2 * R * (d + N) + 4 * E * d * N}; }
  Work backward() const {
    return {4 * R * d * (N + I),
            2 * (3 * T * d + hit * d * (N + I)) + 4 * E * d * (N + I) + 2 * R * N};
  }
};

struct Bench {
  Timer timer;
  std::FILE *log;
  double bytesPerUs, flopsPerUs;
  MoeDevice device;

  double floorOf(const Work &work) const {
    return std::max(work.flops / flopsPerUs, work.bytes / bytesPerUs);
  }

  // One line of the log; returns the cold median.
  double write(const BenchShape &b, const char *op, std::string_view variant, bool chosen,
               const Work &work, const Spread &cold, const Spread &warm) {
    const MoeShape &s = b.shape;
    std::fprintf(
        log,
        R"({"shape": "%s", "tokens": %lld, "dim": %lld, "inner": %lld, "experts": %lld, "k": %lld, )"
        R"("activation": "%s", "op": "%s", "variant": "%s", "chosen": %s, "cold_us": [%.2f, %.2f, %.2f], )"
        R"("warm_us": [%.2f, %.2f, %.2f], "flops": %.4g, "bytes": %.4g, "floor_us": %.2f})"
        "\n",
        b.name.c_str(), static_cast<long long>(s.tokens), static_cast<long long>(s.dim),
        static_cast<long long>(s.inner), static_cast<long long>(s.experts),
        static_cast<long long>(s.topK),
        s.activation == ExpertActivation::kSwiglu ? "swiglu" : "gelu", op,
        std::string(variant).c_str(), chosen ? "true" : "false", cold.low, cold.median, cold.high,
        warm.low, warm.median, warm.high, work.flops, work.bytes, floorOf(work));
    std::fflush(log);
    return cold.median;
  }
  double measure(const BenchShape &b, const char *op, std::string_view variant, bool chosen,
                 const Work &work, const Timer::Work &run) {
    return write(b, op, variant, chosen, work, timer.measure({run}, true)[0],
                 timer.measure({run}, false)[0]);
  }

  void variants(const BenchShape &b, MoeOperator op, const char *name, const Work &work, bool all,
                const std::function<void(cudaStream_t, int)> &run) {
    const int chosen = chooseVariant(op, b.shape, ProductType::kBFloat16, device).variant;
    double best = 0, own = 0;
    std::string_view bestName;
    const auto list = moeVariants(op);
    std::vector<int> taken;
    std::vector<Timer::Work> runs;
    for (int v = 0; v < static_cast<int>(list.size()); ++v) {
      const std::string_view variant = list[static_cast<std::size_t>(v)].name;
      const bool slow = variant == "plain" || (variant == "portable" && work.flops > 1e12);
      if (v != chosen && (!all || slow || !canRun(op, v, b.shape, ProductType::kBFloat16, device)))
        continue;
      taken.push_back(v);
      runs.emplace_back([&run, v](cudaStream_t stream) { run(stream, v); });
    }
    const std::vector<Spread> cold = timer.measure(runs, true), warm = timer.measure(runs, false);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      const std::string_view variant = list[static_cast<std::size_t>(taken[i])].name;
      const double time = write(b, name, variant, taken[i] == chosen, work, cold[i], warm[i]);
      if (taken[i] == chosen) own = time;
      if (best == 0 || time < best) {
        best = time;
        bestName = variant;
      }
    }
    std::printf(
        "  %-15s %9.1f us  floor %4.0f %%  %5.0f TFLOP/s %5.0f GB/s  %s%s\n", name, own,
        100 * floorOf(work) / own, work.flops / own * 1e-6, work.bytes / own * 1e-3,
        std::string(list[static_cast<std::size_t>(chosen)].name).c_str(),
        own > best * 1.03
            ? ("  (best: " + std::string(bestName) + " " + std::to_string(best) + ")").c_str()
            : "");
  }

  void one(const BenchShape &b, const BenchOptions &options) {
    const MoeShape &s = b.shape;
    const double parameters =
        static_cast<double>(s.experts * s.dim) * static_cast<double>(s.hiddenColumns() + s.inner);
    std::size_t free = 0, total = 0;
    require(cudaMemGetInfo(&free, &total), "Asking for memory");
    const double rowBytes = static_cast<double>(s.rows()) *
                            static_cast<double>(4 * s.dim + 2 * s.inner) * (b.backward ? 3 : 1);
    if (parameters * (b.backward ? 6 : 2) + rowBytes > static_cast<double>(free) * 0.9) {
      std::printf("%s: not enough memory\n", b.name.c_str());
      return;
    }
    Layer layer(s, LayerTypes{}, b.backward);
    const cudaStream_t stream = timer.stream();
    const float inputScale = 1, weightScale = 1 / std::sqrt(static_cast<float>(s.dim));
    fillRandom(layer.x, ElementType::kBFloat16, inputScale, 1, stream);
    fillRandom(layer.gate, ElementType::kBFloat16, weightScale, 2, stream);
    fillRandom(layer.up, ElementType::kBFloat16, weightScale, 3, stream);
    fillRandom(layer.down, ElementType::kBFloat16, 1 / std::sqrt(static_cast<float>(s.inner)), 4,
               stream);
    fillRandom(layer.dOut, ElementType::kBFloat16, 1, 5, stream);
    layer.forward(stream);
    require(cudaStreamSynchronize(stream), "Running");
    const std::vector<std::int32_t> ends = layer.ends.read<std::int32_t>();
    double hit = 0;
    for (std::size_t e = 0; e < ends.size(); ++e) hit += ends[e] > (e ? ends[e - 1] : 0);
    const Costs costs{hit, s};

    const double forward = measure(b, b.backward ? "forward, h kept" : "forward", "chosen", true,
                                   costs.forward(), [&](cudaStream_t st) { layer.forward(st); });
    std::printf("%-24s forward %9.1f us  floor %8.1f us (%4.0f %%)  %5.0f TFLOP/s  %5.0f GB/s\n",
                b.name.c_str(), forward, floorOf(costs.forward()),
                100 * floorOf(costs.forward()) / forward, costs.forward().flops / forward * 1e-6,
                costs.forward().bytes / forward * 1e-3);
    if (!b.backward) {
      const bool all = options.variants;
      variants(b, MoeOperator::kGate, "gate", costs.gate(), all,
               [&](cudaStream_t st, int v) { layer.runGate(st, v); });
      layer.forward(stream);
      // How the launches follow each other: the first two, three and four of the five.
      for (int launches = 2; launches < 5; ++launches) {
        const std::string name = "first " + std::to_string(launches);
        const double time = measure(b, name.c_str(), "chosen", true, {}, [&](cudaStream_t st) {
          layer.runGate(st);
          layer.runPermute(st);
          if (launches > 2) layer.runUp(st);
          if (launches > 3) layer.runDown(st);
        });
        std::printf("  %-15s %9.1f us\n", name.c_str(), time);
      }
      variants(b, MoeOperator::kPermute, "permute", costs.permute(), all,
               [&](cudaStream_t st, int) { layer.runPermute(st); });
      variants(b, MoeOperator::kUp, "up", costs.up(), all,
               [&](cudaStream_t st, int v) { layer.runUp(st, v); });
      variants(b, MoeOperator::kDown, "down", costs.down(), all,
               [&](cudaStream_t st, int v) { layer.runDown(st, v); });
      const double combine = measure(b, "combine", "one_pass", true, costs.combine(),
                                     [&](cudaStream_t st) { layer.runCombine(st); });
      std::printf("  %-15s %9.1f us  floor %4.0f %%  %22.0f GB/s\n", "combine", combine,
                  100 * floorOf(costs.combine()) / combine, costs.combine().bytes / combine * 1e-3);
      return;
    }
    layer.backward(stream);
    const double backward = measure(b, "backward", "chosen", true, costs.backward(),
                                    [&](cudaStream_t st) { layer.backward(st); });
    std::printf("%-24s backward %8.1f us  floor %8.1f us (%4.0f %%)  %5.0f TFLOP/s\n",
                b.name.c_str(), backward, floorOf(costs.backward()),
                100 * floorOf(costs.backward()) / backward,
                costs.backward().flops / backward * 1e-6);
    const bool all = options.variants;
    variants(b, MoeOperator::kDownBackward, "down_backward", costs.downBackward(), all,
             [&](cudaStream_t st, int v) { layer.runDownBackward(st, v); });
    variants(b, MoeOperator::kUpBackward, "up_backward", costs.upBackward(), all,
             [&](cudaStream_t st, int v) { layer.runUpBackward(st, v); });
    variants(b, MoeOperator::kWeightGradient, "down_gradient", costs.downGradient(), all,
             [&](cudaStream_t st, int v) { layer.runDownGradient(st, v); });
    variants(b, MoeOperator::kWeightGradient, "up_gradient", costs.upGradient(), all,
             [&](cudaStream_t st, int v) { layer.runUpGradient(st, v); });
    const auto plain = [&](const char *name, auto run) {
      const double time =
          measure(b, name, "one", true, {}, [&](cudaStream_t st) { run(layer, st); });
      std::printf("  %-15s %9.1f us\n", name, time);
    };
    plain("gather_gradient", [](Layer &l, cudaStream_t st) { l.runGatherGradient(st); });
    plain("gate_backward", [](Layer &l, cudaStream_t st) { l.runGateBackward(st); });
    plain("input_gradient", [](Layer &l, cudaStream_t st) { l.runInputGradient(st); });
    plain("gate_gradient", [](Layer &l, cudaStream_t st) { l.runGateGradient(st); });
  }
};

std::vector<BenchShape> shapesOf(std::string_view set) {
  using enum ExpertActivation;
  std::vector<BenchShape> shapes{
      {"qwen3-30b T=4096", {4096, 2048, 768, 128, 8, kSwiglu}},
      {"qwen3-30b T=32768", {32768, 2048, 768, 128, 8, kSwiglu}},
      {"guide E=8", {4096, 512, 2048, 8, 2, kGelu}},
      {"guide E=32", {4096, 512, 2048, 32, 2, kGelu}},
      {"qwen3-30b T=64", {64, 2048, 768, 128, 8, kSwiglu}},
      {"mixtral T=16", {16, 4096, 14336, 8, 2, kSwiglu}},
      {"mixtral T=4096", {4096, 4096, 14336, 8, 2, kSwiglu}},
      {"qwen3-30b T=4096", {4096, 2048, 768, 128, 8, kSwiglu}, true},
      {"guide E=8", {4096, 512, 2048, 8, 2, kGelu}, true},
  };
  if (set != "all") return shapes;
  for (const std::int64_t experts : {8, 32, 128})
    for (const std::int64_t d : {512, 1024, 4096}) {
      const std::string size = " d=" + std::to_string(d) + " E=" + std::to_string(experts);
      if (d != 512 || experts == 128)
        shapes.push_back({"gelu" + size, {4096, d, 4 * d, experts, 2, kGelu}});
      shapes.push_back({"swiglu" + size, {4096, d, d, experts, 8, kSwiglu}});
    }
  const std::vector<BenchShape> more{
      {"swiglu k=2 d=1024 E=128", {4096, 1024, 1024, 128, 2, kSwiglu}},
      {"qwen3-30b T=1024", {1024, 2048, 768, 128, 8, kSwiglu}},
      {"qwen3-30b T=8192", {8192, 2048, 768, 128, 8, kSwiglu}},
      {"qwen3-235b T=4096", {4096, 4096, 1536, 128, 8, kSwiglu}},
      {"guide-like E=16", {4096, 512, 2048, 16, 2, kGelu}},
      {"guide-like T=1024", {1024, 1024, 4096, 32, 2, kGelu}},
  };
  shapes.insert(shapes.end(), more.begin(), more.end());
  return shapes;
}

} // namespace

std::vector<BenchShape> benchShapes(std::string_view set, std::string_view only) {
  std::vector<BenchShape> shapes = shapesOf(set);
  std::erase_if(
      shapes, [&](const BenchShape &shape) { return shape.name.find(only) == std::string::npos; });
  return shapes;
}

void benchAll(const BenchOptions &options, std::FILE *log) {
  Bench bench{Timer(options.repeats), log, 0, options.peakTflops * 1e6, {}};
  bench.bytesPerUs = bench.timer.copyRate();
  int major = 0, minor = 0;
  cudaDeviceProp properties{};
  require(cudaGetDeviceProperties(&properties, 0), "The device");
  major = properties.major, minor = properties.minor;
  bench.device = {10 * major + minor, static_cast<int>(properties.sharedMemPerBlockOptin)};
  int driver = 0, runtime = 0;
  require(cudaDriverGetVersion(&driver), "The driver");
  require(cudaRuntimeGetVersion(&runtime), "The runtime");
  std::fprintf(log,
               R"({"device": "%s", "multiprocessors": %d, "l2_bytes": %d, "cuda_driver": %d, )"
               R"("cuda_runtime": %d, "copy_gbs": %.0f, "peak_tflops": %.0f, "repeats": %d, )"
               R"("settle_ms": %d})"
               "\n",
               properties.name, properties.multiProcessorCount, properties.l2CacheSize, driver,
               runtime, bench.bytesPerUs * 1e-3, options.peakTflops, options.repeats, kSettleMs);
  std::printf("%s, copy %.0f GB/s, floor with %.0f TFLOP/s; cold, median of %d replays\n",
              properties.name, bench.bytesPerUs * 1e-3, options.peakTflops, options.repeats);
  for (const BenchShape &shape : benchShapes(options.set, options.only)) bench.one(shape, options);
}

} // namespace hotloop::kernels::program
