#include "kernels/program/check.h"

#include <cmath>
#include <cstring>
#include <future>
#include <memory>

#include "kernels/harness/compare.h"
#include "kernels/program/compare_case.h"

namespace hotloop::kernels::program {
namespace {

std::vector<double> widened(const std::vector<float> &values) {
  return {values.begin(), values.end()};
}

std::vector<float> scaled(std::int64_t count, std::uint64_t seed, float scale) {
  std::vector<float> values = makeUniform(count, seed);
  for (float &v : values) v *= scale;
  return values;
}

MoeDevice thisDevice() {
  MoeDevice device;
  int major = 0, minor = 0;
  require(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0), "The device");
  require(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, 0), "The device");
  require(cudaDeviceGetAttribute(&device.sharedBytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0),
          "The device");
  device.capability = 10 * major + minor;
  return device;
}

// x, gate, up, down, dOut of a case, on the device and as the doubles that were stored.
void fill(Layer &layer, CaseRecord &record, std::uint64_t seed) {
  const MoeShape &s = layer.shape;
  const ElementType row = layer.rowType();
  std::vector<float> x = scaled(s.tokens * s.dim, seed, 1.0f);
  for (std::int64_t t = 0; t < s.tokens; ++t) x[static_cast<std::size_t>(t * s.dim)] = 1.0f;
  if (layer.types.x != row) // representable in both types
    DeviceArray(s.tokens * s.dim * bytesOf(row)).writeNumbers(x, row);
  layer.x.writeNumbers(x, layer.types.x);
  std::vector<float> gate =
      scaled(s.experts * s.dim, seed + 1, 3.0f / std::sqrt(static_cast<float>(s.dim)));
  const std::vector<float> bias = skewBias(record.test.skew, s.experts);
  if (record.test.skew != Skew::kUniform)
    for (std::int64_t e = 0; e < s.experts; ++e)
      gate[static_cast<std::size_t>(e * s.dim)] = bias[static_cast<std::size_t>(e)];
  layer.gate.writeNumbers(gate, layer.types.gate);
  std::vector<float> up = scaled(s.experts * s.hiddenColumns() * s.dim, seed + 2,
                                 3.0f / std::sqrt(static_cast<float>(s.dim)));
  layer.up.writeNumbers(up, row);
  std::vector<float> down =
      scaled(s.experts * s.dim * s.inner, seed + 3, 3.0f / std::sqrt(static_cast<float>(s.inner)));
  layer.down.writeNumbers(down, row);
  std::vector<float> dOut = scaled(s.tokens * s.dim, seed + 4, 1.0f);
  if (layer.types.x != row) DeviceArray(s.tokens * s.dim * bytesOf(row)).writeNumbers(dOut, row);
  layer.dOut.writeNumbers(dOut, layer.types.x);
  record.numbers = {widened(x), widened(gate), widened(up), widened(down)};
  record.dOut = widened(dOut);
}

void observe(CaseRecord &record, Quantity q, std::string by, const DeviceArray &array,
             ElementType type) {
  record.observations.push_back({q, std::move(by), array.readNumbers(type)});
}

std::vector<std::vector<char>> resultBytes(const Layer &layer) {
  std::vector<std::vector<char>> all;
  for (const DeviceArray *a : {&layer.out, &layer.loss, &layer.dUp, &layer.dDown, &layer.dGate,
                               &layer.dx, &layer.dLogits, &layer.hidden})
    all.push_back(a->read<char>());
  return all;
}

void runVariants(Layer &layer, CaseRecord &record, cudaStream_t stream) {
  const MoeDevice device = thisDevice();
  const MoeShape &s = layer.shape;
  const ElementType row = layer.rowType();
  const auto each = [&](MoeOperator op, auto body) {
    for (int v = 0; v < static_cast<int>(moeVariants(op).size()); ++v)
      if (canRun(op, v, s, layer.types.product, device))
        body(v, std::string(nameOf(op)) + "." +
                    std::string(moeVariants(op)[static_cast<std::size_t>(v)].name));
    require(cudaStreamSynchronize(stream), "Running the variants");
  };
  each(MoeOperator::kGate, [&](int v, const std::string &by) {
    layer.logits.poison(stream);
    layer.runGate(stream, v);
    observe(record, Quantity::kLogits, by, layer.logits, ElementType::kFloat32);
  });
  layer.runGate(stream);
  each(MoeOperator::kUp, [&](int v, const std::string &by) {
    layer.hidden.poison(stream);
    layer.activated.poison(stream);
    layer.runUp(stream, v);
    observe(record, Quantity::kHidden, by, layer.hidden, row);
    observe(record, Quantity::kActivated, by, layer.activated, row);
  });
  layer.runUp(stream);
  each(MoeOperator::kDown, [&](int v, const std::string &by) {
    layer.y.poison(stream);
    layer.runDown(stream, v);
    observe(record, Quantity::kY, by, layer.y, row);
  });
  layer.runDown(stream);
  layer.runCombine(stream);
  observe(record, Quantity::kOut, "combine", layer.out, layer.types.x);
  layer.runGatherGradient(stream);
  each(MoeOperator::kDownBackward, [&](int v, const std::string &by) {
    layer.dHidden.poison(stream);
    layer.scaledActivated.poison(stream);
    layer.weightParts.poison(stream);
    layer.runDownBackward(stream, v);
    observe(record, Quantity::kDHidden, by, layer.dHidden, row);
    observe(record, Quantity::kScaledActivated, by, layer.scaledActivated, row);
    layer.runGateBackward(stream);
    observe(record, Quantity::kDLogits, by, layer.dLogits, ElementType::kFloat32);
    layer.runGateBackward(stream, /*inPlace=*/true);
    observe(record, Quantity::kDLogits, by + ".in_place", layer.dLogits, ElementType::kFloat32);
    layer.runDownBackward(stream, v, /*inPlace=*/true);
    observe(record, Quantity::kDHidden, by + ".in_place", layer.dHidden, row);
    observe(record, Quantity::kScaledActivated, by + ".in_place", layer.scaledActivated, row);
  });
  each(MoeOperator::kWeightGradient, [&](int v, const std::string &by) {
    layer.dDown.poison(stream);
    layer.dUp.poison(stream);
    layer.runDownGradient(stream, v);
    layer.runUpGradient(stream, v);
    observe(record, Quantity::kDDown, by, layer.dDown, ElementType::kFloat32);
    observe(record, Quantity::kDUp, by, layer.dUp, ElementType::kFloat32);
  });
  each(MoeOperator::kUpBackward, [&](int v, const std::string &by) {
    layer.dRows.poison(stream);
    layer.runUpBackward(stream, v);
    observe(record, Quantity::kDRows, by, layer.dRows, row);
  });
  layer.runInputGradient(stream);
  layer.runGateGradient(stream);
  observe(record, Quantity::kDx, "inputGradient", layer.dx, layer.types.x);
  observe(record, Quantity::kDGate, "gateWeightGradient", layer.dGate, layer.types.gate);
}

// Captured with the inputs at hand, replayed with others, against eager runs on those.
void checkGraph(Layer &layer, CaseRecord &record, cudaStream_t stream) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t program = nullptr;
  require(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "Capturing");
  layer.forward(stream);
  layer.backward(stream);
  require(cudaStreamEndCapture(stream, &graph), "Capturing");
  require(cudaGraphInstantiate(&program, graph, 0), "Instantiating the graph");
  CaseRecord other;
  other.test = record.test;
  fill(layer, other, 4711);
  layer.poisonResults(stream);
  layer.forward(stream);
  layer.backward(stream);
  require(cudaStreamSynchronize(stream), "Running");
  const auto eager = resultBytes(layer);
  layer.poisonResults(stream);
  require(cudaGraphLaunch(program, stream), "Replaying");
  require(cudaStreamSynchronize(stream), "Replaying");
  if (resultBytes(layer) != eager) record.failures.push_back("graph replay equals eager run");
  require(cudaGraphExecDestroy(program), "Destroying the graph");
  require(cudaGraphDestroy(graph), "Destroying the graph");
}

} // namespace

std::vector<CheckCase> checkCases(bool small) {
  using enum ExpertActivation;
  const LayerTypes bf16, amp{ProductType::kBFloat16, ElementType::kFloat32, ElementType::kFloat32},
      bf16Gate32{ProductType::kBFloat16, ElementType::kBFloat16, ElementType::kFloat32},
      fp16{ProductType::kFloat16, ElementType::kFloat16, ElementType::kFloat16},
      fp16Amp{ProductType::kFloat16, ElementType::kFloat32, ElementType::kFloat32},
      tf32{ProductType::kTf32, ElementType::kFloat32, ElementType::kFloat32},
      fp32{ProductType::kFloat32, ElementType::kFloat32, ElementType::kFloat32};
  std::vector<CheckCase> cases{
      {"odd sizes swiglu", {37, 72, 40, 7, 3, kSwiglu}, bf16, Skew::kUniform},
      {"odd sizes gelu", {37, 72, 40, 7, 3, kGelu}, bf16, Skew::kUniform},
      {"one token", {1, 64, 64, 4, 1, kSwiglu}, bf16, Skew::kUniform},
      {"tiles swiglu", {300, 256, 264, 6, 2, kSwiglu}, bf16, Skew::kUniform},
  };
  if (small) return cases;
  const std::vector<CheckCase> more{
      {"tiles gelu", {300, 256, 520, 6, 2, kGelu}, bf16, Skew::kUniform},
      {"k = E", {65, 128, 128, 5, 5, kSwiglu}, bf16, Skew::kUniform},
      {"one expert takes all", {200, 128, 136, 4, 1, kSwiglu}, bf16, Skew::kOneHot},
      {"many tiles swiglu", {2048, 72, 136, 16, 8, kSwiglu}, bf16, Skew::kUniform},
      {"many tiles gelu", {1500, 72, 264, 64, 8, kGelu}, bf16, Skew::kZipf},
      {"one hot", {260, 128, 136, 9, 2, kSwiglu}, bf16, Skew::kOneHot},
      {"one hot gelu", {260, 128, 136, 9, 2, kGelu}, bf16, Skew::kOneHot},
      {"zipf, many experts", {513, 192, 64, 130, 8, kSwiglu}, bf16, Skew::kZipf},
      {"256 experts", {129, 320, 32, 256, 4, kSwiglu}, bf16Gate32, Skew::kUniform},
      {"1000 experts", {70, 64, 16, 1000, 4, kGelu}, bf16Gate32, Skew::kUniform},
      {"amp swiglu", {200, 256, 128, 8, 2, kSwiglu}, amp, Skew::kUniform},
      {"amp gelu", {200, 256, 256, 8, 2, kGelu}, amp, Skew::kZipf},
      {"fp16 swiglu", {150, 136, 136, 8, 2, kSwiglu}, fp16, Skew::kUniform},
      {"fp16 amp gelu", {150, 136, 136, 8, 2, kGelu}, fp16Amp, Skew::kUniform},
      {"tf32 swiglu", {150, 136, 136, 8, 2, kSwiglu}, tf32, Skew::kUniform},
      {"tf32 gelu", {150, 136, 136, 8, 2, kGelu}, tf32, Skew::kZipf},
      {"fp32 swiglu", {150, 136, 136, 8, 2, kSwiglu}, fp32, Skew::kUniform},
      {"fp32 gelu", {77, 136, 72, 8, 3, kGelu}, fp32, Skew::kOneHot},
      {"large swiglu", {1024, 512, 384, 8, 2, kSwiglu}, bf16, Skew::kUniform},
      {"large gelu", {1024, 512, 512, 8, 2, kGelu}, bf16, Skew::kZipf},
  };
  cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

int checkAll(bool small, std::FILE *log) {
  cudaStream_t stream = nullptr;
  require(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "Making a stream");
  std::vector<std::future<std::pair<int, std::vector<std::string>>>> pending;
  for (const CheckCase &test : checkCases(small)) {
    std::fprintf(stderr, "%s\n", test.name.c_str()); // where it stood when it ends early
    auto record = std::make_shared<CaseRecord>();
    record->test = test;
    Layer layer(test.shape, test.types, true);
    fill(layer, *record, 1234);
    layer.poisonResults(stream);
    layer.forward(stream);
    layer.backward(stream);
    require(cudaStreamSynchronize(stream), "Running");
    const auto first = resultBytes(layer);
    layer.poisonResults(stream);
    layer.forward(stream);
    layer.backward(stream);
    require(cudaStreamSynchronize(stream), "Running");
    if (resultBytes(layer) != first) record->failures.push_back("two runs are bit-equal");
    record->logits = layer.logits.read<float>();
    record->weights = layer.weights.read<float>();
    record->lse = layer.lse.read<float>();
    record->balance = layer.balance.read<float>();
    record->loss = layer.loss.read<float>()[0];
    record->balanceFactor = layer.balanceFactor;
    record->zFactor = layer.zFactor;
    record->ids = layer.ids.read<std::int32_t>();
    record->ends = layer.ends.read<std::int32_t>();
    record->rowOfSlot = layer.rowOfSlot.read<std::int32_t>();
    record->slotOfRow = layer.slotOfRow.read<std::int32_t>();
    record->schedule = layer.schedule.read<std::int32_t>();
    record->tileCounts = layer.tileCounts.read<std::int32_t>();
    record->rows = layer.rows.readNumbers(layer.rowType());
    runVariants(layer, *record, stream);
    if (!small) checkGraph(layer, *record, stream);
    pending.push_back(std::async(std::launch::async, [record] {
      std::vector<std::string> lines;
      const int failures = compareCase(*record, lines);
      return std::pair(failures, std::move(lines));
    }));
  }
  int failures = 0, comparisons = 0;
  for (auto &future : pending) {
    const auto [count, lines] = future.get();
    failures += count;
    comparisons += static_cast<int>(lines.size());
    for (const std::string &line : lines) {
      std::fprintf(log, "%s\n", line.c_str());
      if (line.find(R"("ok": false)") != std::string::npos)
        std::printf("FAILED %s\n", line.c_str());
    }
  }
  std::printf("check: %d comparisons, %d failures\n", comparisons, failures);
  require(cudaStreamDestroy(stream), "Ending");
  return failures;
}

} // namespace hotloop::kernels::program
