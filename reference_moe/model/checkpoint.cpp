#include "reference_moe/model/checkpoint.h"

#include <optional>

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>

#include "reference_moe/device/device.h"

namespace hotloop::moe {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;
using LayerFunction = std::function<std::vector<at::Tensor>(const at::Tensor &)>;

// The default generators of the CPU and of one other device.
class RandomState {
public:
  explicit RandomState(at::Device device) {
    keep(at::Device(at::kCPU));
    if (!device.is_cpu() && !capturing()) keep(device);
  }

  void restore() const {
    for (const auto &[device, state] : states_) {
      at::Generator generator = at::globalContext().defaultGenerator(device);
      const std::lock_guard<std::mutex> lock(generator.mutex());
      generator.set_state(state);
    }
  }

private:
  void keep(at::Device device) {
    at::Generator generator = at::globalContext().defaultGenerator(device);
    const std::lock_guard<std::mutex> lock(generator.mutex());
    states_.emplace_back(device, generator.get_state());
  }

  std::vector<std::pair<at::Device, at::Tensor>> states_;
};

class AutocastState {
public:
  explicit AutocastState(at::DeviceType device)
      : types_{at::kCPU, device}, cache_(at::autocast::is_autocast_cache_enabled()) {
    for (std::size_t i = 0; i < 2; ++i) {
      enabled_[i] = at::autocast::is_autocast_enabled(types_[i]);
      dtype_[i] = at::autocast::get_autocast_dtype(types_[i]);
    }
  }

  void restore() const {
    at::autocast::set_autocast_cache_enabled(cache_);
    for (std::size_t i = 0; i < 2; ++i) {
      at::autocast::set_autocast_enabled(types_[i], enabled_[i]);
      at::autocast::set_autocast_dtype(types_[i], dtype_[i]);
    }
  }

private:
  at::DeviceType types_[2];
  bool enabled_[2];
  at::ScalarType dtype_[2];
  bool cache_;
};

struct CheckpointState : torch::CustomClassHolder {
  LayerFunction function;
  std::optional<RandomState> random;
  std::optional<AutocastState> autocast;
};

// The state of the first run for as long as it lives.
class Replayed {
public:
  explicit Replayed(const CheckpointState &state, at::Device device)
      : random_(device), autocast_(device.type()) {
    state.random->restore();
    state.autocast->restore();
    at::autocast::increment_nesting();
  }
  ~Replayed() {
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    random_.restore();
    autocast_.restore();
  }
  Replayed(const Replayed &) = delete;
  Replayed &operator=(const Replayed &) = delete;

private:
  RandomState random_;
  AutocastState autocast_;
};

struct CheckpointedLayer : torch::autograd::Function<CheckpointedLayer> {
  static variable_list forward(AutogradContext *context, const at::Tensor &x, const at::Tensor &,
                               c10::intrusive_ptr<CheckpointState> state) {
    context->save_for_backward({x});
    context->saved_data["state"] = c10::IValue::make_capsule(state);
    const at::NoGradGuard noGraph;
    return state->function(x);
  }

  static variable_list backward(AutogradContext *context, variable_list gradients) {
    const auto state = c10::static_intrusive_pointer_cast<CheckpointState>(
        context->saved_data["state"].toCapsule());
    const at::Tensor x = context->get_saved_variables()[0];
    const at::Tensor input = x.detach().requires_grad_(x.requires_grad());
    variable_list outputs, known;
    {
      const Replayed replayed(*state, x.device());
      const at::AutoGradMode withGraph(true);
      const variable_list all = state->function(input);
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (!gradients[i].defined()) continue;
        outputs.push_back(all[i]);
        known.push_back(gradients[i]);
      }
    }
    torch::autograd::backward(outputs, known);
    return {input.grad(), at::Tensor(), at::Tensor()};
  }
};

} // namespace

std::vector<at::Tensor> checkpointed(const at::Tensor &x, const at::Tensor &anchor,
                                     LayerFunction function) {
  auto state = c10::make_intrusive<CheckpointState>();
  state->function = std::move(function);
  state->random.emplace(x.device());
  state->autocast.emplace(x.device().type());
  return CheckpointedLayer::apply(x, anchor, state);
}

} // namespace hotloop::moe
