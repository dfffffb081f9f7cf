#include "tests/support/plants/device_plants.h"

// HL101 to HL110: waits of the host, and copies. Most stand in the middle of a step, where the
// device has nothing else to do until the host goes on. Twins do it once in sixteen steps, as
// logging does.
namespace hotloop::test_support {

namespace {

constexpr std::int64_t kThink = 500'000; // Python behind a wait

bool logs(int step) { return step % 16 == 9; }

// item() as it is recorded, under `outer` where there is one.
void scalar(Stage &stage, std::string_view outer, std::string_view function) {
  ScriptedLoop &loop = stage.loop;
  if (!outer.empty()) loop.begin(outer, function);
  loop.begin("aten::item", function);
  loop.begin("aten::_local_scalar_dense", function);
  stage.readBack(function);
  loop.end();
  loop.end();
  if (!outer.empty()) loop.end();
}

template <class Body> void amid(Stage &stage, Body &&body) {
  stage.compute();
  body(stage.loop);
  stage.compute();
}

void item(Stage &stage, int step, bool habit) {
  amid(stage, [&](ScriptedLoop &) {
    if (!habit && !logs(step)) return;
    scalar(stage, {}, "log_loss");
    stage.think(kThink);
  });
}

void branch(Stage &stage, int step, bool habit) {
  amid(stage, [&](ScriptedLoop &) {
    if (!habit && !logs(step)) return;
    scalar(stage, "aten::is_nonzero", "clip");
    stage.think(kThink);
  });
}

void copyBack(Stage &stage, int step, bool habit) {
  amid(stage, [&](ScriptedLoop &) {
    if (!habit && !logs(step)) return;
    stage.readBack("converged");
    stage.think(kThink);
  });
}

template <int kKind> void synchronize(Stage &stage, int step, bool habit) {
  amid(stage, [&](ScriptedLoop &loop) {
    if (!habit && !logs(step)) return;
    if (kKind == 2) loop.call("cudaEventRecord", "checkpoint", 900);
    constexpr std::string_view kCalls[] = {"cudaDeviceSynchronize", "cudaStreamSynchronize",
                                           "cudaEventSynchronize"};
    loop.synchronize("checkpoint", kCalls[kKind]);
    stage.think(kThink);
  });
}

// The twin takes a fixed number of rows.
void nonzero(Stage &stage, int, bool habit) {
  amid(stage, [&](ScriptedLoop &loop) {
    if (!habit) {
      stage.op("aten::topk", "select", "topk_kernel", 30'000);
      return;
    }
    loop.begin("aten::nonzero", "select");
    loop.kernel("nonzero_kernel", 30'000, {.function = "select"});
    stage.readBack("select");
    loop.end();
    stage.think(kThink);
  });
}

// The twin runs the experts as one grouped product.
void expertLoop(Stage &stage, int, bool habit) {
  amid(stage, [&](ScriptedLoop &loop) {
    if (!habit) {
      stage.op("aten::index_select", "experts", "gather_kernel", 30'000);
      stage.op("aten::_grouped_mm", "experts", "cutlass_grouped_bf16", 300'000);
      stage.op("aten::index_copy_", "experts", "scatter_kernel", 30'000);
      return;
    }
    for (int expert = 0; expert < 8; ++expert) {
      loop.begin("aten::nonzero", "experts");
      loop.kernel("nonzero_kernel", 4'000, {.function = "experts"});
      stage.readBack("experts");
      loop.end();
      stage.think(20'000);
      stage.op("aten::index_select", "experts", "gather_kernel", 6'000, 10'000);
      stage.op("aten::linear", "experts", "cutlass_bf16_gemm", 40'000, 15'000);
      stage.op("aten::index_add_", "experts", "scatter_kernel", 6'000, 10'000);
    }
  });
}

// Twins: from pinned memory, on a stream of its own, beside the products.
void pageableUp(Stage &stage, int, bool habit) {
  if (habit) stage.loop.copy(8 << 20, "load", {.duration = 800'000, .blocks = true});
  stage.compute(4);
  if (!habit) stage.loop.copy(8 << 20, "load", {.source = 2, .duration = 300'000, .stream = 2});
  stage.compute(20);
}

void pageableDown(Stage &stage, int step, bool habit) {
  amid(stage, [&](ScriptedLoop &loop) {
    if (habit)
      loop.copy(4 << 20, "keep",
                {.kind = 2, .source = 3, .destination = 1, .duration = 500'000, .blocks = true});
    else if (logs(step))
      loop.copy(4 << 20, "keep",
                {.kind = 2, .source = 3, .destination = 2, .duration = 100'000, .stream = 2});
  });
}

void memcpySync(Stage &stage, int, bool habit) {
  amid(stage, [&](ScriptedLoop &loop) {
    loop.copy(2 << 20, "table",
              {.source = 2,
               .call = habit ? "cudaMemcpy" : "cudaMemcpyAsync",
               .duration = 60'000,
               .stream = habit ? 1u : 2u,
               .blocks = habit});
    if (habit) stage.think(kThink);
  });
}

void memsetSync(Stage &stage, int, bool habit) {
  amid(stage, [&](ScriptedLoop &loop) {
    loop.fill(1 << 20, "clear", habit ? "cudaMemset" : "cudaMemsetAsync", 4'000);
    if (habit) stage.think(kThink);
  });
}

void bulkDownload(Stage &stage, int step, bool habit) {
  amid(stage, [&](ScriptedLoop &loop) {
    if (!habit && !logs(step)) return;
    loop.copy(32 << 20, "predictions",
              {.kind = 2, .source = 3, .destination = 2, .duration = 900'000});
    loop.synchronize("predictions", "cudaStreamSynchronize");
  });
}

void tinyUploads(Stage &stage, int, bool habit) {
  amid(stage, [&](ScriptedLoop &loop) {
    for (int i = 0; i < (habit ? 160 : 3); ++i)
      loop.copy(256, "scales", {.source = 2, .host = 4'000});
  });
}

// Until the device is done; the twin asks a few times, as an allocator does.
void polling(Stage &stage, int, bool habit) {
  amid(stage, [&](ScriptedLoop &loop) {
    if (!habit) {
      for (int i = 0; i < 6; ++i) loop.call("cudaEventQuery", "poll", 400);
      return;
    }
    const std::int64_t each = std::max<std::int64_t>(1'000, (loop.deviceDone() - loop.now()) / 250);
    for (int i = 0; i < 250; ++i) loop.call("cudaEventQuery", "poll", each - 20);
    stage.think(kThink);
  });
}

} // namespace

std::vector<DevicePlant> syncPlants() {
  return {
      {"item-in-step", "HL101", "item", "log_loss", item},
      {"branch-in-step", "HL101", "branch", "clip", branch},
      {"copy-back", "HL101", "copy", "converged", copyBack},
      {"device-sync", "HL102", "device", "checkpoint", synchronize<0>},
      {"stream-sync", "HL102", "stream", "checkpoint", synchronize<1>},
      {"event-sync", "HL102", "event", "checkpoint", synchronize<2>},
      {"nonzero-in-step", "HL103", "nonzero", "select", nonzero},
      {"experts-in-turn", "HL104", "", "experts", expertLoop},
      {"pageable-upload", "HL105", "to_device", "load", pageableUp},
      {"pageable-download", "HL105", "to_host", "keep", pageableDown},
      {"memcpy", "HL106", "copy", "table", memcpySync},
      {"memset", "HL106", "fill", "clear", memsetSync},
      {"bulk-download", "HL107", "", "predictions", bulkDownload},
      {"tiny-uploads", "HL108", "", "scales", tinyUploads},
      {"polling", "HL110", "", "poll", polling},
  };
}

} // namespace hotloop::test_support
