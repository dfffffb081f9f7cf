#include "tests/support/plants/device_plants.h"

#include <string>

// HL201 to HL311: memory, handles, launches, and what keeps the host away. What only the host does
// holds a step back whose host takes longer than its device: few layers there.
namespace hotloop::test_support {

namespace {

constexpr int kWarmup = 2;

void rawAllocation(Stage &stage, int step, bool habit) {
  stage.compute();
  if (habit || step < kWarmup) {
    stage.loop.call("cudaMalloc", "workspace", 150'000);
    stage.op("aten::mm", "workspace", "sm90_gemm_bf16", 60'000);
    stage.loop.synchronize("workspace", "cudaFree");
    stage.think(400'000);
  }
  stage.compute();
}

void cacheFlush(Stage &stage, int step, bool habit) {
  for (int i = 0; i < 4 && (habit || step < kWarmup); ++i) {
    stage.loop.begin("aten::empty", "layer");
    stage.loop.call("cudaMalloc", "layer", 150'000);
    stage.loop.end();
  }
  stage.compute(24);
  for (int i = 0; i < 4 && (habit || step < kWarmup); ++i)
    stage.loop.synchronize("train", "cudaFree");
}

void allocateAndFill(Stage &stage, std::string_view function, std::int64_t bytes) {
  stage.loop.begin("aten::zeros", function);
  stage.loop.begin("aten::empty", function);
  const std::uint64_t block = stage.loop.allocate(bytes, Allocator::kTorchCuda);
  stage.loop.end();
  stage.op("aten::zero_", function, "fill_kernel", 8'000);
  stage.loop.end();
  stage.op("aten::mul", function, "mul_kernel", 9'000);
  stage.loop.free(block, Allocator::kTorchCuda);
}

// The twin has three buckets of sizes.
void varyingShape(Stage &stage, int step, bool habit) {
  stage.compute();
  const std::int64_t rows = habit ? 1'000 + 61 * (step * 17 % 37) : 1'024 * (1 + step % 3);
  allocateAndFill(stage, "pad", rows * 4'096);
  stage.compute();
}

void pinnedAllocation(Stage &stage, int step, bool habit) {
  if (habit || step < kWarmup) {
    stage.loop.call("cudaHostAlloc", "pin", 900'000);
    stage.loop.call("cudaFreeHost", "pin", 400'000);
  }
  stage.compute(5);
}

void zeroGradients(Stage &stage, int, bool habit) {
  stage.compute(24);
  stage.loop.begin("Optimizer.zero_grad#AdamW.zero_grad", "train", OpScope::kUserScope);
  for (int i = 0; i < (habit ? 40 : 3); ++i)
    stage.op("aten::zero_", "train", "fill_kernel", 6'000, 2'000);
  stage.loop.end();
}

void handles(Stage &stage, int step, bool habit) {
  if (habit || step < kWarmup) {
    stage.loop.call("cudaStreamCreateWithFlags", "side", 900'000);
    stage.loop.call("cudaStreamDestroy", "side", 300'000);
  }
  stage.compute(5);
}

// The twin keeps a number of each step.
void growingList(Stage &stage, int, bool habit) {
  stage.compute(24);
  stage.loop.begin("aten::clone", "history");
  stage.loop.allocate(habit ? 256 * 1024 : 512, Allocator::kTorchCuda);
  stage.loop.kernel("copy_kernel", 4'000, {.function = "history"});
  stage.loop.end();
}

// Tiny kernels, of another grid in every step; the twin has as many long ones.
void tinyKernels(Stage &stage, int step, bool habit) {
  stage.compute(4);
  for (int i = 0; i < 150; ++i) {
    stage.loop.begin("aten::add_", "update");
    stage.loop.kernel("axpy_kernel", habit ? 2'500 : 30'000,
                      {.function = "update", .grid = 40u + static_cast<std::uint32_t>(step)});
    stage.loop.end(6'000);
  }
}

// The same launches in every step; a graph of the twin could not be captured, for its shapes
// differ.
void sameLaunches(Stage &stage, int step, bool habit) {
  for (int i = 0; i < 120; ++i) {
    stage.loop.begin("aten::add_", "update");
    stage.loop.kernel(
        "axpy_kernel", 12'000,
        {.function = "update", .grid = habit ? 64u : 64u + static_cast<std::uint32_t>(step)});
    stage.loop.end(15'000);
  }
}

void pointwiseChain(Stage &stage, int, bool habit) {
  stage.compute();
  for (int i = 0; i < (habit ? 6 : 2); ++i)
    stage.op("aten::mul", "gate", "vectorized_elementwise_kernel", 60'000);
  stage.compute();
}

void optimizerLoop(Stage &stage, int step, bool habit) {
  constexpr int kParameters = 24;
  ScriptedLoop &loop = stage.loop;
  stage.compute(4);
  for (int i = 0; i < kParameters; ++i) {
    loop.begin("autograd::engine::evaluate_function: MmBackward0", "", OpScope::kBackwardFunction,
               1000 * step + i);
    loop.begin("torch::autograd::AccumulateGrad", "", OpScope::kBackwardFunction);
    loop.end();
    loop.end();
  }
  if (!habit) {
    stage.op("aten::_fused_adamw_", "train", "fused_adam_kernel", 60'000);
    return;
  }
  for (int i = 0; i < kParameters; ++i)
    for (const char *name : {"aten::mul_", "aten::lerp_", "aten::mul_", "aten::addcmul_",
                             "aten::sqrt", "aten::div", "aten::add_", "aten::addcdiv_"})
      stage.op(name, "train", "adam_part_kernel", 3'000);
}

// The twin has four heads.
void sliceLoop(Stage &stage, int, bool habit) {
  stage.compute(2);
  for (int head = 0; head < (habit ? 48 : 4); ++head) {
    stage.loop.op("aten::select", "heads", 1'500);
    stage.op("aten::mul", "heads", "mul_kernel", 3'000, 12'000);
    stage.think(6'000);
  }
  stage.compute(2);
}

void launchGraph(Stage &stage, std::string_view function, int nodes, std::int64_t host,
                 std::int64_t each) {
  const std::uint32_t call = stage.loop.call("cudaGraphLaunch", function, host);
  for (int i = 0; i < nodes; ++i) stage.loop.addKernel("node_kernel", each, {}, call, 1);
}

void graphRebuild(Stage &stage, int step, bool habit) {
  if (habit ? step % 2 == 1 : step < kWarmup)
    stage.loop.call("cudaGraphInstantiateWithFlags", "capture", 900'000);
  launchGraph(stage, "replay", 60, 12'000, 4'000);
  stage.compute(2);
}

void smallGraph(Stage &stage, int, bool habit) {
  launchGraph(stage, "replay", habit ? 2 : 60, 40'000, 20'000);
  stage.compute(20);
}

void lateLoading(Stage &stage, int step, bool habit) {
  if (habit ? step % 6 == 5 : step < kWarmup)
    stage.loop.call("cuModuleLoadData", "compile", 3'000'000);
  stage.compute(24);
}

void inputPipeline(Stage &stage, int, bool habit) {
  stage.loop.begin("enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__", "train",
                   OpScope::kUserScope);
  stage.loop.end(habit ? 1'500'000 : 8'000);
  stage.compute(5);
}

// Files, tokens, plain Python: no record of it.
void silentHost(Stage &stage, int step, bool habit) {
  stage.op("aten::linear", "train", "sm90_gemm_bf16", 30'000);
  if (habit || step % 16 == 9) stage.think(1'500'000);
  stage.compute(5);
}

// Pauses of the twin come when they like.
void periodicPause(Stage &stage, int step, bool habit) {
  stage.compute();
  stage.loop.op("aten::sum", "save");
  if (habit ? step % 6 == 4 : step == 6 || step == 9 || step == 17 || step == 22)
    stage.think(8'000'000);
  stage.compute();
}

void lockContention(Stage &stage, int, bool habit) {
  ScriptedLoop &loop = stage.loop;
  for (int k = 0; k < 12; ++k) {
    loop.kernel("k", 20'000, {.function = "train"});
    const std::int64_t now = loop.now();
    loop.onThread(2);
    loop.call("cudaEventQuery", "other", 50'000);
    loop.onThread(1);
    loop.setNow(now + 100);
    loop.kernel("k", 20'000, {.function = "train", .host = habit ? 40'000 : 3'500});
    loop.setNow(now + 60'000);
  }
  stage.compute(20);
}

} // namespace

std::vector<DevicePlant> hostPlants() {
  return {
      {"raw-allocation", "HL201", "raw", "workspace", rawAllocation},
      {"cache-flush", "HL202", "", "train", cacheFlush},
      {"new-sizes", "HL203", "", "pad", varyingShape},
      {"pinned-allocation", "HL204", "", "pin", pinnedAllocation},
      {"zero-gradients", "HL205", "gradients", "train", zeroGradients},
      {"handles", "HL206", "", "side", handles},
      {"kept-results", "HL207", "list", "history", growingList},
      {"tiny-kernels", "HL301", "", "", tinyKernels, {"HL302", "HL703"}},
      {"same-launches", "HL302", "", "update", sameLaunches, {"HL301", "HL703"}},
      {"pointwise-chain", "HL303", "", "gate", pointwiseChain},
      {"optimizer-loop", "HL304", "", "train", optimizerLoop, {"HL301", "HL302"}},
      {"slice-loop", "HL305", "", "heads", sliceLoop, {"HL301", "HL302"}},
      {"graph-rebuild", "HL306", "", "capture", graphRebuild},
      {"small-graph", "HL307", "", "replay", smallGraph},
      {"late-loading", "HL308", "", "compile", lateLoading},
      {"input-pipeline", "HL309", "", "train", inputPipeline},
      {"silent-host", "HL309", "unrecorded", "layer", silentHost},
      {"periodic-pause", "HL310", "", "save", periodicPause},
      {"lock-contention", "HL311", "", "train", lockContention},
  };
}

} // namespace hotloop::test_support
