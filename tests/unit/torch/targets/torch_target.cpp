// A LibTorch program for torch_test.cpp: hotloop_torch_target <what>.
#include <torch/torch.h>

#include <cstdio>
#include <string_view>
#include <thread>
#include <vector>

namespace {

__attribute__((noinline)) float readBack(const torch::Tensor &loss) {
  const float value = loss.item<float>();
  return value + 0.0f; // not a tail call: this frame stays on the stack
}

void train() {
  auto weight = torch::randn({8, 8}, torch::requires_grad());
  for (int i = 0; i < 3; ++i) {
    const auto x = torch::randn({4, 8});
    const auto loss = torch::relu(torch::linear(x, weight)).sum();
    loss.backward();
    std::printf("%d\n", readBack(loss) >= 0 ? 1 : 0);
  }
}

void memory() {
  const torch::NoGradGuard noGrad;
  (void)torch::ones({1}); // the observer is registered by the first allocation
  auto kept = torch::empty({1024});
  for (int i = 0; i < 10; ++i) {
    auto passing = torch::empty({256 * (i + 1)});
  }
  kept = torch::Tensor();
}

void threads() {
  (void)torch::ones({1});
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([] {
      const torch::NoGradGuard noGrad;
      auto a = torch::zeros({2});
      for (int i = 0; i < 50; ++i) {
        a.add_(1);
      }
    });
  }
  for (std::thread &worker : workers) {
    worker.join();
  }
}

} // namespace

int main(int argc, char **argv) {
  torch::set_num_threads(1);
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "train") {
    train();
  } else if (what == "memory") {
    memory();
  } else if (what == "threads") {
    threads();
  } else {
    std::fprintf(stderr, "hotloop_torch_target train|memory|threads\n");
    return 2;
  }
  return 0;
}
