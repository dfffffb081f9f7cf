#pragma once

#include <optional>
#include <vector>

#include <ATen/ATen.h>

#include "reference_moe/device/delays.h"
#include "reference_moe/device/device.h"
#include "reference_moe/model/buffer_pool.h"
#include "reference_moe/model/model.h"
#include "reference_moe/optim/adamw.h"
#include "reference_moe/optim/grad_scaler.h"
#include "reference_moe/run/trainer.h"

namespace hotloop::moe {

inline constexpr std::int64_t kBatches = 4;
inline constexpr std::int64_t kLossHistory = 4096;
inline constexpr int kEagerSteps = 3; // before a capture: cuBLAS, autograd and the allocator settle

at::Device deviceOf(const Configuration &configuration);

struct Trainer::State {
  State(const Configuration &c, std::shared_ptr<CompiledLayer> compiled);

  void step(std::int64_t index);

  Configuration configuration;
  bool graphs; // replaysGraph()
  Model model;
  AdamW optimizer;
  std::optional<GradScaler> scaler;
  std::vector<at::Tensor> inputs, targets; // kBatches of [T, d]
  BufferPool lossPool{true};               // of meanSquareInPlace()
  at::Tensor lossHistory;                  // a ring of kLossHistory values on the device
  at::Tensor cursor;                       // [1], the ring's next index, on the device; for graphs
  at::Tensor firstLoss;                    // 0-d, on the device
  std::vector<at::Tensor> list;            // of the growing-list habit
  at::Tensor sampledCounts;                // [layers, E] on the host, filled without waiting
  bool sampled = false;
  at::Tensor lastHidden; // [T', d]
  std::int64_t stepsDone = 0;

  // A number of tokens: what its graph reads, and the graph once there is one.
  struct Bucket {
    std::int64_t tokens = 0;
    int eagerSteps = 0;
    at::Tensor input, target, hidden;
    std::vector<at::Tensor> counts;
    std::unique_ptr<CapturedGraph> graph;
  };
  std::vector<Bucket> buckets;
  std::optional<GraphPool> pool;
  GraphState graphState;

private:
  std::int64_t tokensOf(std::int64_t index) const;
  void run(const at::Tensor &input, const at::Tensor &target, std::int64_t index);
  void train(const at::Tensor &input, const at::Tensor &target, std::int64_t index);
  void update();
  void infer(const at::Tensor &input, std::int64_t index);
  void runGraphed(std::int64_t index);
  Bucket &bucketOf(std::int64_t tokens);
  void doHabits(const at::Tensor &hidden, const at::Tensor &loss, std::int64_t index);
  void keepLoss(const at::Tensor &loss, std::int64_t index);
  void markTokens();
};

} // namespace hotloop::moe
