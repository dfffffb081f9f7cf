#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

// What one run of the reference Mixture-of-Experts is: its toggles, its sizes, its seed. Plain
// data; no LibTorch. Every toggle leaves the function that is computed unchanged (up to rounding).
namespace hotloop::moe {

enum class Dispatch { kNaive, kStacked, kDense, kGrouped };
enum class Fusion { kOff, kKernels, kInductor };
enum class Amp { kOff, kBf16, kFp16 };
enum class Checkpoint { kOff, kFull, kSelective };
enum class Graph { kOff, kOn };
enum class Buffers { kFresh, kReuse };
enum class Inplace { kOff, kOn };
enum class Optimizer { kSingle, kForeach, kFused };
enum class Scaler { kDevice, kNaive }; // of --amp fp16 in training
enum class Inductor { kDefault, kReduceOverhead, kMaxAutotune, kMaxAutotuneNoCudagraphs };
enum class Mode { kTrain, kInference };
enum class Device { kCpu, kCuda };
enum class Activation { kGelu, kSwiglu };
enum class Skew { kUniform, kZipf, kOneHot }; // where tokens go at the start

// The habits that the optimization guide lists as unsafe in a hot loop.
enum class Unsafe { kItem, kPrint, kBranch, kGrowingList, kVaryingShape, kBooleanMask };
inline constexpr int kUnsafeCount = 6;

struct Toggles {
  Dispatch dispatch = Dispatch::kNaive;
  Fusion fusion = Fusion::kOff;
  Amp amp = Amp::kOff;
  Checkpoint checkpoint = Checkpoint::kOff;
  Graph graph = Graph::kOff;
  Buffers buffers = Buffers::kFresh;
  Inplace inplace = Inplace::kOff;
  Optimizer optimizer = Optimizer::kSingle;
  Scaler scaler = Scaler::kDevice;
  Mode mode = Mode::kTrain;
  Inductor inductor = Inductor::kDefault; // of --fusion inductor
  bool operator==(const Toggles &) const = default;
};

struct Sizes {
  std::int64_t tokens = 256; // T, rows per step
  std::int64_t dim = 64;     // d, model width
  std::int64_t hidden = 128; // I, width inside one expert
  std::int64_t experts = 8;  // E
  std::int64_t topK = 2;     // k, experts per token
  std::int64_t layers = 2;
};

// A known slow-down put into the step, to check what a profiler says about it. `kind`: host (the
// thread spins), launch (a launch that takes that long on the host), kernel (a kernel of that
// length), copy (a copy to the device of about that length). `place`: the range it stands in.
struct Delay {
  enum class Kind { kHost, kLaunch, kKernel, kCopy };
  Kind kind = Kind::kHost;
  std::string place;
  double microseconds = 0;
};

struct Configuration {
  Toggles toggles;
  Sizes sizes;
  Activation activation = Activation::kSwiglu;
  Device device = Device::kCpu;
  std::uint64_t seed = 1;
  std::int64_t steps = 20;
  std::int64_t warmup = 3; // the first steps, left out of the reported step time
  int threads = 0;         // of LibTorch inside one operator; 0 = its own choice
  int sampleEvery = 10;    // steps between two marks of the tokens per expert; 0 = never
  double learningRate = 1e-3;
  double balanceFactor = 1e-2; // alpha of the load-balance loss
  double zFactor = 1e-3;       // beta of the router z-loss
  double clip = 0;             // gradients are scaled down to this norm; 0 = never
  Skew skew = Skew::kUniform;
  std::string package;                  // of --fusion inductor: a .pt2 file
  std::vector<std::int64_t> tokenCycle; // tokens of step i: entry i % size; empty = sizes.tokens
  std::vector<Delay> delays;
  std::array<bool, kUnsafeCount> unsafe{};
};

// What the machine and this build can do; decides which configurations are refused.
struct Machine {
  bool cuda = false;
  std::string whyNoCuda; // a clause: "LibTorch sees no CUDA device (...)"
  // Types in which this build's own CUDA kernels run on this device; empty: none was built in.
  std::vector<Amp> cudaKernels;
  std::int64_t hostBytes = 0, deviceBytes = 0; // memory; 0 = not known

  bool hasCudaKernels(Amp amp) const;
};

// Sizes within limits and consistent with each other: one sentence about the first one that is not.
Result<void> checkSizes(const Sizes &sizes);

// Why this combination cannot run on this machine: one sentence, or "" where it can.
std::string whyIllegal(const Toggles &toggles, Device device, const Machine &machine);

// Why a step of this combination cannot be captured as a CUDA graph on a CUDA device: one sentence
// that names what would stop the capture, or "". Part of whyIllegal() where a graph is wanted.
std::string whyNotCapturable(const Toggles &toggles, const Machine &machine);

// Whether the step is replayed as a graph: --graph on, or a mode of torch.compile that does so.
bool replaysGraph(const Toggles &toggles, Device device);

// Bytes that weights, gradients, optimizer state and data take at the least.
std::int64_t leastBytes(const Configuration &configuration);

// All of the above, and the numbers of steps and threads.
Result<void> check(const Configuration &configuration, const Machine &machine);

// "dispatch=naive fusion=off ...": the toggles that mean something in the mode, in a fixed order.
std::string describe(const Toggles &toggles);

} // namespace hotloop::moe
