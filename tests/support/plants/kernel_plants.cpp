#include "tests/support/plants/device_plants.h"

#include <string>

// HL401 to HL703: streams, collectives, kernels, experts, memory for time.
namespace hotloop::test_support {

namespace {

constexpr std::string_view kAllReduce = "ncclDevKernel_AllReduce_Sum_f32_RING_LL";

// Side work that nobody told to wait begins when the default stream is done; beside it in the twin.
void defaultStream(Stage &stage, int, bool habit) {
  stage.compute(4);
  for (int k = 0; k < 8; ++k) {
    stage.loop.kernel("main_kernel", 60'000, {.function = "main", .stream = habit ? 1u : 2u});
    if (habit)
      stage.loop.kernelAfter("side_kernel", 50'000, {.function = "side", .stream = 3}, 1);
    else
      stage.loop.kernel("side_kernel", 50'000, {.function = "side", .stream = 3});
    if (habit) stage.loop.kernelAfter("main_kernel", 10'000, {.function = "main"}, 3);
  }
  stage.compute(12);
}

void exposedCopy(Stage &stage, int, bool habit) {
  if (habit) stage.loop.copy(64 << 20, "load", {.source = 2, .duration = 2'500'000});
  stage.compute(4);
  if (!habit) stage.loop.copy(16 << 20, "load", {.source = 2, .duration = 500'000, .stream = 2});
  stage.compute(20);
}

// Two chains that need nothing of each other, one kernel of each in turn; the twin waits once.
void pingPong(Stage &stage, int, bool habit) {
  ScriptedLoop &loop = stage.loop;
  stage.compute(4);
  if (!habit) loop.streamWaits(2, 1, "side");
  for (int k = 0; k < 24; ++k) {
    if (habit) loop.streamWaits(2, 1, "side");
    loop.kernel("side_kernel", 40'000, {.function = "side", .stream = 2});
    if (habit) loop.streamWaits(1, 2, "side");
    loop.kernel("main_kernel", 40'000, {.function = "main"});
  }
  loop.streamWaits(1, 2, "side");
  stage.compute(4);
}

void blockingCollective(Stage &stage, int, bool habit) {
  stage.compute();
  stage.loop.kernel(kAllReduce, 600'000, {.function = "reduce", .stream = habit ? 1u : 2u});
  stage.compute();
}

void smallCollectives(Stage &stage, int, bool habit) {
  stage.compute(24);
  for (int k = 0; k < (habit ? 20 : 2); ++k)
    stage.loop.kernel(kAllReduce, 12'000, {.function = "reduce"});
}

// The other process enters late.
void rankSkew(Stage &stage, int step, bool habit) {
  ScriptedLoop &loop = stage.loop;
  constexpr std::uint32_t kOther = 9;
  if (step == 0) {
    loop.out().add(ProcessRow{.id = ProcessId(2), .osPid = 200});
    loop.out().add(
        StreamRow{.id = StreamId(kOther), .process = ProcessId(2), .device = DeviceId(1)});
  }
  stage.compute();
  const std::int64_t begin = loop.deviceDone() + 1'000;
  loop.streamWaits(2, 1, "reduce");
  loop.kernel(kAllReduce, 90'000, {.stream = 2});
  loop.out().add(KernelEvent{.start = Nanoseconds(begin + (habit ? 400'000 : 2'000)),
                             .duration = Nanoseconds(90'000),
                             .lane = StreamId(kOther),
                             .name = loop.out().intern(kAllReduce)});
  stage.compute();
}

template <int kKind> void product(Stage &stage, int, bool habit) {
  struct Product {
    std::string_view kernel;
    ScriptedLaunch launch;
  };
  const ScriptedLaunch full{.grid = 1056};
  // HL501, HL504, HL505, HL507; each with its twin behind it.
  const Product kProducts[][2] = {
      {{"ampere_sgemm_128x64_tn", full}, {"cutlass_80_tensorop_s1688gemm_tf32_256x64", full}},
      {{"cutlass_80_wmma_tensorop_bf16_s161616gemm_bf16_16x16_tn_align2", full},
       {"cutlass_80_tensorop_bf16_s16816gemm_bf16_128x64_tn_align8", full}},
      {{"sm90_gemm_bf16_small", {.grid = 24}}, {"sm90_gemm_bf16_large", full}},
      {{"sm90_gemm_bf16_tail", {.grid = 140, .registers = 200}},
       {"sm90_gemm_bf16_whole", {.grid = 264, .registers = 200}}},
  };
  stage.compute();
  for (int i = 0; i < 6; ++i) {
    const Product &chosen = kProducts[kKind][habit ? 0 : 1];
    stage.product("head", chosen.kernel, 90'000, chosen.launch);
    stage.op("aten::native_layer_norm", "layer", "layer_norm_kernel", 30'000);
  }
  stage.compute(6);
}

void casts(Stage &stage, int, bool habit) {
  stage.compute(8);
  for (int i = 0; i < (habit ? 48 : 4); ++i) {
    stage.loop.begin("aten::to", "convert");
    stage.loop.begin("aten::_to_copy", "convert");
    stage.op("aten::copy_", "convert", "bfloat16_copy_kernel_cuda", 20'000, 1'500);
    stage.loop.end();
    stage.loop.end();
    stage.op("aten::linear", "layer", "sm90_gemm_bf16", 30'000);
  }
}

// The twin copies a few bytes.
void layout(Stage &stage, int, bool habit) {
  stage.compute();
  for (int i = 0; i < 4; ++i) {
    stage.loop.op("aten::transpose", "permute", 500);
    stage.loop.begin("aten::contiguous", "permute");
    const std::uint64_t block = stage.loop.allocate(habit ? 16 << 20 : 512, Allocator::kTorchCuda);
    stage.op("aten::clone", "permute", "copy_kernel", habit ? 80'000 : 2'000);
    stage.loop.end();
    stage.op("aten::linear", "layer", "sm90_gemm_bf16", 60'000);
    stage.loop.free(block, Allocator::kTorchCuda);
  }
  stage.compute(8);
}

void attention(Stage &stage, int, bool habit) {
  stage.compute(8);
  for (int i = 0; i < 4; ++i) {
    if (habit) {
      stage.op("aten::matmul", "attend", "sm90_gemm_bf16", 60'000);
      stage.op("aten::div", "attend", "div_kernel", 60'000);
      stage.op("aten::softmax", "attend", "softmax_kernel", 80'000);
      stage.op("aten::matmul", "attend", "sm90_gemm_bf16", 60'000);
    } else {
      stage.op("aten::scaled_dot_product_attention", "attend", "flash_fwd_kernel", 90'000);
    }
    stage.op("aten::linear", "layer", "sm90_gemm_bf16", 60'000);
  }
  stage.compute(8);
}

void expertCounts(Stage &stage, int, bool habit) {
  stage.compute(24);
  for (int expert = 0; expert < 8; ++expert)
    stage.loop.markValue("tokens per expert", habit && expert == 3 ? 900 : 128 + expert);
}

void capacity(Stage &stage, int, bool habit) {
  stage.compute(24);
  for (int expert = 0; expert < 8; ++expert) stage.loop.markValue("tokens per expert", 100);
  for (int expert = 0; expert < 8; ++expert)
    stage.loop.markValue("padded tokens per expert", habit ? 200 : 112);
}

// A loop over experts that waits for nothing; three of them in the twin.
void expertProducts(Stage &stage, int, bool habit) {
  stage.compute(2);
  for (int expert = 0; expert < (habit ? 32 : 3); ++expert) {
    stage.loop.op("aten::slice", "experts", 1'500);
    stage.op("aten::mm", "experts", "sm90_gemm_bf16", 5'000, 16'000);
    stage.think(8'000);
  }
  stage.compute(2);
}

void oneHot(Stage &stage, int, bool habit) {
  stage.compute(8);
  for (int i = 0; i < 4; ++i) {
    stage.op(habit ? "aten::one_hot" : "aten::argsort", "dispatch", "one_hot_kernel", 8'000);
    if (habit)
      stage.op("aten::einsum", "dispatch", "sm90_gemm_bf16", 120'000);
    else
      stage.op("aten::index_select", "dispatch", "gather_kernel", 20'000);
    stage.op("aten::_grouped_mm", "layer", "cutlass_grouped_bf16", 100'000);
    if (habit)
      stage.op("aten::einsum", "dispatch", "sm90_gemm_bf16", 120'000);
    else
      stage.op("aten::index_add", "dispatch", "scatter_kernel", 20'000);
    stage.op("aten::native_layer_norm", "layer", "layer_norm_kernel", 30'000);
  }
}

// Four routers while the device waits for the host; the twin reports its best classes.
void router(Stage &stage, int, bool habit) {
  for (int i = 0; i < 4; ++i) {
    stage.op("aten::softmax", "route", "softmax_kernel", 4'000, 12'000);
    stage.op("aten::topk", "route", "topk_kernel", 5'000, 15'000);
    if (habit) {
      for (const char *name : {"aten::sum", "aten::div", "aten::one_hot", "aten::cumsum"})
        stage.op(name, "route", "router_part_kernel", 3'000, 12'000);
    }
    stage.op("aten::linear", "layer", "sm90_gemm_bf16", 20'000);
  }
  stage.compute(1);
}

// A block that stays, of a device of 80 GB.
void takeMemory(ScriptedLoop &loop, std::int64_t bytes) {
  loop.out().add(AllocationEvent{.start = Nanoseconds(loop.now()),
                                 .lane = ThreadId(1),
                                 .action = AllocationAction::kAllocate,
                                 .allocator = Allocator::kTorchCuda,
                                 .address = 4'096,
                                 .bytes = bytes,
                                 .totalAllocated = bytes,
                                 .totalReserved = -1});
}

// The forward pass again inside of the backward pass; the twin has no memory to spare.
void checkpoint(Stage &stage, int step, bool habit) {
  ScriptedLoop &loop = stage.loop;
  if (!habit && step == 0) takeMemory(loop, 78'000'000'000);
  const auto again = [&](int sequence) {
    loop.begin("aten::linear", "block", OpScope::kFunction, sequence);
    loop.kernel("sm90_gemm_bf16", 150'000, {.function = "block", .grid = 1056});
    loop.end(5'000);
    stage.op("aten::native_layer_norm", "layer", "layer_norm_kernel", 20'000);
  };
  for (int i = 0; i < 8; ++i) again(100 * step + i);
  for (int i = 0; i < 8; ++i) {
    loop.begin("CheckpointFunctionBackward", "", OpScope::kBackwardFunction, 100 * step + i);
    again(100 * step + 50 + i);
    stage.op("aten::mm", "", "sm90_gemm_bf16", 200'000);
    loop.end();
  }
}

// One region is dear to compute again; both are cheap in the twin, which has no memory to spare.
void boundary(Stage &stage, int step, bool habit) {
  ScriptedLoop &loop = stage.loop;
  if (!habit && step == 0) takeMemory(loop, 78'000'000'000);
  stage.compute(8);
  for (int i = 0; i < 8; ++i) {
    loop.begin("CheckpointFunctionBackward", "", OpScope::kBackwardFunction, 100 * step + i);
    for (const bool dear : {false, true}) {
      const std::string_view place = dear ? "dear" : "cheap";
      loop.begin("aten::linear", place, OpScope::kFunction, 100 * step + 50 + i);
      const std::uint64_t block = loop.allocate(8 << 20, Allocator::kTorchCuda);
      loop.kernel("sm90_gemm_bf16", dear && habit ? 250'000 : 30'000,
                  {.function = place, .grid = 1056});
      loop.end(5'000);
      loop.free(block, Allocator::kTorchCuda);
    }
    stage.op("aten::mm", "", "sm90_gemm_bf16", 200'000);
    loop.end();
  }
}

// Small kernels, of another grid in every step, and a device that is nearly empty; the twin has
// filled it.
void freeMemory(Stage &stage, int step, bool habit) {
  ScriptedLoop &loop = stage.loop;
  if (step == 0) takeMemory(loop, habit ? 4'000'000'000 : 70'000'000'000);
  for (int i = 0; i < 150; ++i) {
    loop.begin("aten::add_", "layer");
    loop.kernel("axpy_kernel", 11'000,
                {.function = "layer", .grid = 40u + static_cast<std::uint32_t>(step)});
    loop.end(20'000);
  }
}

// The twin writes into it.
void unusedMemory(Stage &stage, int, bool habit) {
  stage.compute();
  stage.loop.begin("aten::empty", "scratch");
  const std::uint64_t block = stage.loop.allocate(32 << 20, Allocator::kTorchCuda);
  stage.loop.end();
  if (!habit) stage.op("aten::mul", "scratch", "mul_kernel", 20'000);
  stage.loop.free(block, Allocator::kTorchCuda);
  stage.compute();
}

} // namespace

std::vector<DevicePlant> kernelPlants() {
  return {
      {"default-stream", "HL401", "", "side", defaultStream},
      {"exposed-copy", "HL402", "", "load", exposedCopy},
      {"ping-pong", "HL403", "", "side", pingPong},
      {"blocking-collective", "HL404", "", "reduce", blockingCollective},
      {"small-collectives", "HL405", "", "reduce", smallCollectives, {"HL404"}},
      {"rank-skew", "HL406", "static", "", rankSkew},
      {"fp32-products", "HL501", "", "head", product<0>},
      {"casts", "HL502", "", "convert", casts},
      {"layout", "HL503", "", "permute", layout},
      {"misaligned-products", "HL504", "", "head", product<1>},
      {"small-products", "HL505", "", "head", product<2>},
      {"attention", "HL506", "attention", "attend", attention},
      {"wave-tail", "HL507", "", "head", product<3>},
      {"expert-counts", "HL601", "", "", expertCounts},
      {"capacity", "HL602", "", "", capacity},
      {"expert-products", "HL603", "", "experts", expertProducts, {"HL301", "HL302"}},
      {"one-hot", "HL604", "", "dispatch", oneHot},
      {"router", "HL605", "", "route", router, {"HL301", "HL302"}},
      {"checkpoint", "HL701", "", "block", checkpoint},
      {"checkpoint-boundary", "HL702", "", "dear", boundary, {"HL701"}},
      {"free-memory", "HL703", "", "", freeMemory, {"HL301"}},
      {"unused-memory", "HL704", "unused", "scratch", unusedMemory},
  };
}

} // namespace hotloop::test_support
