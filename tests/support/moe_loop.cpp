#include "tests/support/moe_loop.h"

#include <string>

namespace hotloop::test_support {

namespace {

constexpr std::int64_t kTokens = 256;
constexpr std::int64_t kHidden = 512;
constexpr std::int64_t kActivation = kTokens * kHidden * 4;
constexpr std::int64_t kParameter = kHidden * kHidden * 4;
constexpr int kWarmupSteps = 2;
constexpr std::uint32_t kParametersPerLayer = 3;

} // namespace

MoeLoop::MoeLoop(SimulatedProgram &program, const MakeRunOptions &options)
    : program_(program), options_(options), lane_(program.mainLane()),
      data_(program.place("train.py", 101, "train_step")),
      route_(program.place("moe.py", 20, "route")),
      grouped_(program.place("moe.py", 60, "forward")),
      mlp_(program.place("moe.py", 61, "forward")), norm_(program.place("model.py", 33, "forward")),
      loss_(program.place("train.py", 112, "train_step")),
      backward_(program.place("train.py", 115, "train_step")),
      fused_(program.place("train.py", 118, "train_step")),
      loader_(program.place("data.py", 14, "collate")) {
  for (const Plant plant : options.plants) {
    const PlantInfo &info = plantInfo(plant);
    planted_[index(plant)] = true;
    const bool prints = plant == Plant::kPrint;
    plantPlaces_[index(plant)] =
        program.place(info.file, info.line, info.function, prints ? "torch/_tensor_str.py" : "",
                      prints ? "__repr__" : "");
  }
}

// The place of a planted problem, counting one occurrence of it.
const Place &MoeLoop::at(Plant plant) {
  ++counts_[index(plant)];
  return plantPlaces_[index(plant)];
}

void MoeLoop::leaf(const Place &place, std::string_view name, std::int64_t nanoseconds,
                   std::int64_t bytes) {
  Work work{.nanoseconds = nanoseconds, .bytes = bytes, .kernel = true};
  work.sequence = sequence_++;
  work.forwardThread = 1; // LibTorch names it for every operator with a number
  program_.op(lane_, name, place, work);
}

void MoeLoop::view(const Place &place, std::string_view name) {
  program_.op(lane_, name, place, {.nanoseconds = 500, .kernel = false});
}

void MoeLoop::step(std::int64_t number) {
  StepEvent event;
  event.start = lane_.now;
  event.lane = lane_.id;
  event.number = number;
  event.source = StepSource::kApi;
  firstSequence_ = sequence_;
  switch (options_.marks) {
  case StepMarks::kApi:
    body(number);
    event.name = program_.sink().intern("step");
    event.duration = lane_.now - event.start;
    program_.addStep(event);
    break;
  case StepMarks::kNvtx: program_.payloadRange(lane_, "step", number, [&] { body(number); }); break;
  case StepMarks::kProfiler:
    program_.op(lane_, "ProfilerStep#" + std::to_string(number), data_,
                {.nanoseconds = 500, .kernel = false, .scope = OpScope::kUserScope},
                [&] { body(number); });
    break;
  case StepMarks::kNone: body(number); break;
  }
  program_.idle(lane_, number % 7 == 6 ? 900'000 : 20'000);
}

void MoeLoop::body(std::int64_t number) {
  loadBatch();
  if (number < kWarmupSteps) program_.idle(lane_, 5'000'000);
  program_.range(lane_, "forward", [&] { forward(number); });
  program_.range(lane_, "loss", [&] { loss(); });
  program_.range(lane_, "backward", [&] { backward(); });
  program_.range(lane_, "optimizer", [&] { optimizer(number); });
  scalarPlants();
  shapePlants(number);
  program_.freeStep(lane_);
}

void MoeLoop::loadBatch() {
  HostLane &loader = program_.loaderLane();
  loader.now = std::max(loader.now, lane_.now);
  program_.op(loader, "aten::stack", loader_, {.nanoseconds = 30'000, .kernel = false}, [&] {
    program_.op(loader, "aten::cat", loader_, {.nanoseconds = 9'000, .kernel = false});
  });
  if (SimulatedDevice *device = program_.device()) {
    program_.op(lane_, "aten::copy_", data_, {.nanoseconds = 3'000, .kernel = false},
                [&] { device->upload(lane_, data_, kActivation); });
  } else {
    leaf(data_, "aten::copy_", 4'000);
  }
}

void MoeLoop::forward(std::int64_t number) {
  for (std::uint32_t i = 0; i < options_.layers; ++i)
    program_.range(lane_, "layer " + std::to_string(i), [&] { layer(i, number); });
}

void MoeLoop::layer(std::uint32_t, std::int64_t step) {
  leaf(norm_, "aten::native_layer_norm", 5'000, kActivation);
  program_.range(lane_, "router", [&] { router(); });
  dispatch();
  experts(step);
  leaf(norm_, "aten::add_", 2'500);
}

void MoeLoop::router() {
  Work linear{.nanoseconds = 1'500, .kernel = false};
  program_.op(lane_, "aten::linear", route_, linear, [&] {
    program_.op(lane_, "aten::t", route_, linear, [&] {
      program_.op(lane_, "aten::transpose", route_, linear,
                  [&] { view(route_, "aten::as_strided"); });
    });
    leaf(route_, "aten::addmm", 9'000, kTokens * options_.experts * 4);
  });
  if (!has(Plant::kUnfusedRouter)) {
    leaf(route_, "hotloop_moe::fused_gating", 6'000, kTokens * 2 * 8);
    return;
  }
  const Place &place = at(Plant::kUnfusedRouter);
  program_.op(lane_, "aten::softmax", place, {.nanoseconds = 1'000, .kernel = false},
              [&] { leaf(place, "aten::_softmax", 5'000, kTokens * options_.experts * 4); });
  leaf(place, "aten::topk", 8'000, kTokens * 2 * 12);
  leaf(place, "aten::sum", 3'000, kTokens * 4);
  leaf(place, "aten::div", 3'000, kTokens * 2 * 4);
  leaf(place, "aten::scatter", 4'000, kTokens * options_.experts * 4);
}

// The rows that a mask selects: their number comes back to the host.
void MoeLoop::readRows(const Place &place) {
  const Work sync{.nanoseconds = 6'000, .bytes = kTokens * 8, .kernel = true, .stack = true};
  program_.op(lane_, "aten::nonzero", place, sync, [&] {
    if (SimulatedDevice *device = program_.device()) device->readBack(lane_, place);
  });
}

void MoeLoop::dispatch() {
  if (has(Plant::kMask)) {
    const Place &place = at(Plant::kMask);
    program_.op(lane_, "aten::index", place,
                {.nanoseconds = 4'000, .bytes = kActivation / 2, .stack = true},
                [&] { readRows(place); });
  }
  if (has(Plant::kNonzero)) readRows(at(Plant::kNonzero));
  if (has(Plant::kAllocation)) {
    const Place &place = at(Plant::kAllocation);
    program_.op(lane_, "aten::zeros", place, {.nanoseconds = 1'000, .kernel = false}, [&] {
      program_.op(lane_, "aten::empty", place,
                  {.nanoseconds = 900, .bytes = kActivation, .kernel = false, .stack = true});
      leaf(place, "aten::zero_", 2'500);
    });
  }
}

void MoeLoop::experts(std::int64_t step) {
  const std::int64_t hottest = kTokens / 4 + step % 5;
  program_.payloadRange(lane_, "experts", hottest, [&] {
    if (!has(Plant::kExpertLoop)) {
      leaf(grouped_, "aten::bmm", 40'000, kActivation * 2);
      leaf(mlp_, "aten::gelu", 7'000, kActivation * 2);
      leaf(mlp_, "aten::bmm", 40'000, kActivation);
      return;
    }
    for (std::uint32_t expert = 0; expert < options_.experts; ++expert) {
      const Place &place = at(Plant::kExpertLoop);
      readRows(place);
      leaf(place, "aten::index_select", 3'000, kActivation / 4);
      for (int half = 0; half < 2; ++half) {
        program_.op(lane_, "aten::linear", place, {.nanoseconds = 1'200, .kernel = false},
                    [&] { leaf(place, "aten::addmm", 9'000, kActivation / 4); });
        if (half == 0) leaf(place, "aten::gelu", 3'000, kActivation / 4);
      }
      leaf(place, "aten::mul", 2'500, kActivation / 4);
      leaf(place, "aten::index_add_", 2'500);
    }
  });
}

void MoeLoop::loss() {
  leaf(loss_, "aten::mse_loss", 5'000, 4);
  leaf(loss_, "aten::logsumexp", 4'000, kTokens * 4);
  leaf(loss_, "aten::add", 2'000, 4);
}

// On a device the engine works on a thread of its own while the caller waits; on the host it works
// on the caller's.
void MoeLoop::backward() {
  HostLane &lane = program_.device() != nullptr ? program_.autogradLane() : lane_;
  lane.now = std::max(lane.now, lane_.now);
  const Place place = program_.device() != nullptr ? Place() : backward_;
  std::int64_t sequence = sequence_;
  const auto node = [&](std::string_view name, std::string_view first, std::string_view second) {
    Work work{.nanoseconds = 2'000, .kernel = false, .scope = OpScope::kBackwardFunction};
    work.sequence = sequence > firstSequence_ ? --sequence : firstSequence_;
    work.forwardThread = 1;
    program_.op(lane, name, place, work, [&] {
      program_.op(lane, first, place, {.nanoseconds = 20'000, .bytes = kActivation});
      if (!second.empty())
        program_.op(lane, second, place, {.nanoseconds = 20'000, .bytes = kActivation});
    });
  };
  node("MseLossBackward0", "aten::mse_loss_backward", "");
  for (std::uint32_t i = 0; i < options_.layers; ++i) {
    node("BmmBackward0", "aten::bmm", "aten::bmm");
    node("GeluBackward0", "aten::gelu_backward", "");
    node("BmmBackward0", "aten::bmm", "aten::bmm");
    node("AddmmBackward0", "aten::mm", "aten::mm");
    node("NativeLayerNormBackward0", "aten::native_layer_norm_backward", "");
  }
  lane_.now = std::max(lane_.now, lane.now);
}

void MoeLoop::optimizer(std::int64_t number) {
  const std::uint32_t parameters = kParametersPerLayer * options_.layers;
  const Place &place =
      has(Plant::kPerParameter) ? plantPlaces_[index(Plant::kPerParameter)] : fused_;
  if (number == 0)
    for (std::uint32_t i = 0; i < 2 * parameters; ++i)
      program_.allocate(lane_, place, kParameter, true);
  if (!has(Plant::kPerParameter)) {
    if (options_.graph && program_.device() != nullptr) {
      program_.device()->launchGraph(lane_, place, program_.sink().intern("adamw_kernel"),
                                     static_cast<int>(parameters));
    } else {
      leaf(place, "aten::_fused_adamw_", 30'000);
    }
    if (SimulatedDevice *device = program_.device()) device->fill(lane_, place, kParameter);
    return;
  }
  constexpr std::string_view kUpdate[] = {"aten::mul_",     "aten::lerp_", "aten::mul_",
                                          "aten::addcmul_", "aten::sqrt",  "aten::add_",
                                          "aten::addcdiv_"};
  for (std::uint32_t i = 0; i < parameters; ++i) {
    at(Plant::kPerParameter);
    for (const std::string_view name : kUpdate)
      leaf(place, name, 3'000, name == "aten::sqrt" ? kParameter : 0);
  }
}

void MoeLoop::scalarPlants() {
  if (has(Plant::kItem)) program_.readBack(lane_, at(Plant::kItem));
  if (has(Plant::kBranch)) {
    const Place &place = at(Plant::kBranch);
    leaf(place, "aten::gt", 2'500, 1);
    program_.op(lane_, "aten::is_nonzero", place,
                {.nanoseconds = 600, .kernel = false, .stack = true},
                [&] { program_.readBack(lane_, place); });
  }
  if (has(Plant::kPrint)) print(at(Plant::kPrint));
}

void MoeLoop::print(const Place &place) {
  leaf(place, "aten::abs", 2'500, 4);
  leaf(place, "aten::min", 2'500, 4);
  leaf(place, "aten::max", 2'500, 4);
  for (int value = 0; value < 3; ++value) program_.readBack(lane_, place);
}

void MoeLoop::shapePlants(std::int64_t number) {
  const Work sync{.nanoseconds = 9'000, .bytes = kTokens * 8, .kernel = true, .stack = true};
  const auto dynamic = [&](Plant plant, std::string_view name) {
    if (!has(plant)) return;
    const Place &place = at(plant);
    program_.op(lane_, name, place, sync, [&] {
      if (SimulatedDevice *device = program_.device()) device->readBack(lane_, place);
    });
  };
  dynamic(Plant::kUnique, "aten::_unique2");
  dynamic(Plant::kRepeat, "aten::repeat_interleave");
  if (has(Plant::kVaryingShape)) {
    const auto rows = static_cast<std::int64_t>(kTokens + program_.random().below(kTokens));
    program_.op(lane_, "aten::empty", at(Plant::kVaryingShape),
                {.nanoseconds = 900, .bytes = rows * kHidden * 4, .kernel = false, .stack = true});
  }
  if (has(Plant::kGrowingList)) {
    const Place &place = at(Plant::kGrowingList);
    program_.op(lane_, "aten::clone", place, {.nanoseconds = 2'500},
                [&] { program_.allocate(lane_, place, kTokens * 4, true); });
    leaf(place, "aten::cat", 2'000 + number, (number + 1) * kTokens * 4);
  }
}

} // namespace hotloop::test_support
