#include "tests/unit/analyzers/timeline/random_program.h"

namespace hotloop::test_support {

namespace {

using Kind = MachineOp::Kind;

class Writer {
public:
  Writer(Random &random, const ProgramTraits &traits, RandomProgram &program)
      : random_(random), traits_(traits), program_(program) {
    auto &devices = program.machine.deviceOfStream;
    devices.clear();
    for (std::uint16_t s = 0; s < traits.streamsPerDevice; ++s)
      for (std::uint16_t d = 0; d < traits.devices; ++d) devices.push_back(d);
    streams_ = static_cast<std::uint16_t>(devices.size());
    if (traits.loader) devices.push_back(0);
    hostIsSlow_ = random.below(2) == 0;
  }

  MachineStep step() {
    step_.clear();
    collective_ = 0;
    if (traits_.loader) load();
    burst(0, 10 + random_.below(8));
    if (traits_.autograd) burst(1, 12 + random_.below(6));
    if (traits_.loader) add({.kind = Kind::kWait, .stream = 0, .event = kLoaded});
    burst(0, 10 + random_.below(6));
    add({.kind = Kind::kStep, .gap = time(5'000)});
    return step_;
  }

private:
  static constexpr std::uint32_t kEvents = 3, kLoaded = 9;

  std::int64_t time(std::int64_t about) { return random_.around(about); }
  void add(MachineOp op) {
    if (op.gap == 0) op.gap = time(hostIsSlow_ ? 12'000 : 4'000);
    if (op.call == 0 && op.kind != Kind::kStep) op.call = time(4'000);
    step_.push_back(std::move(op));
  }

  void load() {
    const std::uint16_t stream = streams_;
    add({.kind = Kind::kLaunch,
         .thread = 2,
         .gap = time(6'000),
         .stream = stream,
         .work = {time(20'000)},
         .workKind = DeviceWorkKind::kCopy});
    add({.kind = Kind::kLaunch,
         .thread = 2,
         .gap = 2'000,
         .stream = stream,
         .work = {time(9'000)}});
    add({.kind = Kind::kRecord, .thread = 2, .gap = 1'000, .stream = stream, .event = kLoaded});
  }

  void launch(std::uint16_t thread, std::uint16_t stream) {
    const bool copy = random_.below(4) == 0;
    add({.kind = Kind::kLaunch,
         .thread = thread,
         .stream = stream,
         .work = {time(hostIsSlow_ ? 9'000 : 14'000)},
         .workKind = copy ? DeviceWorkKind::kCopy : DeviceWorkKind::kKernel});
  }

  void burst(std::uint16_t thread, std::uint64_t ops) {
    std::uint16_t stream = 0;
    bool mayCopy = true; // pageable copies stay off streams that wait for others
    launch(thread, stream);
    for (std::uint64_t i = 0; i < ops; ++i) {
      switch (random_.below(12)) {
      case 0:
        if (traits_.waits) wait(thread, stream);
        break;
      case 1:
        if (traits_.streamWaits) {
          add({.kind = Kind::kRecord,
               .thread = thread,
               .stream = stream,
               .event = static_cast<std::uint32_t>(random_.below(kEvents))});
        }
        break;
      case 2:
        if (traits_.streamWaits)
          add({.kind = Kind::kWait,
               .thread = thread,
               .stream = static_cast<std::uint16_t>(random_.below(streams_)),
               .event = static_cast<std::uint32_t>(random_.below(kEvents))});
        break;
      case 3:
        if (traits_.pageable && mayCopy && !traits_.streamWaits && !traits_.loader)
          add({.kind = Kind::kPageable,
               .thread = thread,
               .call = program_.machine.toDevice + program_.machine.toReturn,
               .stream = stream,
               .work = {time(5'000)},
               .workKind = DeviceWorkKind::kCopy});
        break;
      case 4:
        if (traits_.frees) add({.kind = Kind::kFree, .thread = thread, .stream = stream});
        break;
      case 5:
        if (traits_.graphs)
          add({.kind = Kind::kGraph,
               .thread = thread,
               .stream = stream,
               .work = {time(7'000), time(3'000), time(11'000)}});
        break;
      case 6:
        if (traits_.collectives && thread == 0) collective();
        break;
      default: stream = static_cast<std::uint16_t>(random_.below(streams_)); launch(thread, stream);
      }
    }
    launch(thread, stream);
  }

  void wait(std::uint16_t thread, std::uint16_t stream) {
    constexpr Kind kKinds[] = {Kind::kSyncDevice, Kind::kSyncStream, Kind::kSyncEvent};
    const Kind kind = kKinds[random_.below(traits_.streamWaits ? 3 : 2)];
    add({.kind = kind,
         .thread = thread,
         .call = program_.machine.syncCall,
         .stream = stream,
         .event = static_cast<std::uint32_t>(random_.below(kEvents))});
  }

  // One member on each device, asked for by the same thread.
  void collective() {
    const std::int64_t length = time(15'000);
    for (std::uint16_t d = 0; d < traits_.devices; ++d)
      add({.kind = Kind::kLaunch,
           .stream = d,
           .work = {length},
           .workKind = DeviceWorkKind::kCollective,
           .collective = collective_});
    ++collective_;
  }

  Random &random_;
  const ProgramTraits &traits_;
  RandomProgram &program_;
  MachineStep step_;
  std::uint16_t streams_ = 1;
  bool hostIsSlow_ = true;
  int collective_ = 0;
};

} // namespace

RandomProgram randomProgram(Random &random, const ProgramTraits &traits, std::size_t steps) {
  RandomProgram program;
  Writer writer(random, traits, program);
  const MachineStep first = writer.step();
  for (std::size_t s = 0; s < steps; ++s) {
    program.steps.push_back(first);
    for (MachineOp &op : program.steps.back()) {
      if (op.thread < 2) op.gap = random.around(op.gap);
      // Members of a collective take as long as each other.
      if (op.collective < 0)
        for (std::int64_t &time : op.work) time = random.around(time);
    }
  }
  return program;
}

ProgramTraits traitsOf(std::uint64_t number) {
  switch (number) {
  case 0: return {.waits = false};
  case 1: return {};
  case 2: return {.autograd = true};
  case 3: return {.streamsPerDevice = 3, .waits = true, .streamWaits = true};
  case 4: return {.loader = true};
  case 5: return {.pageable = true};
  case 6: return {.autograd = true, .frees = true};
  case 7: return {.graphs = true};
  case 8: return {.devices = 2, .frees = true};
  case 9: return {.devices = 3, .waits = true, .collectives = true};
  case 10: return {.streamsPerDevice = 2, .streamWaits = true, .autograd = true, .loader = true};
  default:
    return {.devices = 2,
            .streamsPerDevice = 2,
            .streamWaits = true,
            .autograd = true,
            .frees = true,
            .graphs = true,
            .collectives = true};
  }
}

} // namespace hotloop::test_support
