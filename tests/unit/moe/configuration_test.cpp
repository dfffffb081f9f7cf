#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reference_moe/run/configuration.h"
#include "reference_moe/run/fallback.h"
#include "reference_moe/run/names.h"
#include "reference_moe/run/presets.h"
#include "reference_moe/run/statistics.h"

namespace hotloop::moe {
namespace {

using testing::HasSubstr;

std::string errorOf(const Result<void> &result) { return result ? "" : result.error().message; }

Configuration sized(std::int64_t tokens, std::int64_t experts, std::int64_t topK) {
  Configuration c;
  c.sizes.tokens = tokens;
  c.sizes.experts = experts;
  c.sizes.topK = topK;
  return c;
}

TEST(Configuration, DefaultsAreTheBaselineAndLegal) {
  EXPECT_TRUE(check(Configuration{}, {}));
  EXPECT_EQ(findPreset("baseline")->wants, Toggles{});
}

TEST(Configuration, RefusesSizesThatCannotBe) {
  EXPECT_THAT(errorOf(check(sized(0, 8, 2), {})), HasSubstr("--tokens is 0"));
  EXPECT_THAT(errorOf(check(sized(8, 0, 1), {})), HasSubstr("--experts is 0"));
  EXPECT_THAT(errorOf(check(sized(8, 4, 5), {})), HasSubstr("--top-k is 5"));
  EXPECT_THAT(errorOf(check(sized(8, -3, 1), {})), HasSubstr("at least 1"));
  EXPECT_THAT(errorOf(check(sized(std::int64_t{1} << 40, 8, 2), {})), HasSubstr("below"));
  Configuration huge;
  huge.sizes.experts = huge.sizes.hidden = huge.sizes.dim = 2'000'000'000;
  huge.sizes.layers = 2'000'000'000; // the product overflows 64 bits
  EXPECT_THAT(errorOf(check(huge, {})), HasSubstr("choose smaller sizes"));
  EXPECT_TRUE(check(sized(1, 1, 1), {}));
  EXPECT_TRUE(check(sized(1, 7, 7), {}));
}

TEST(Configuration, RefusesNumbersOfStepsAndThreads) {
  Configuration c;
  c.steps = 0;
  EXPECT_THAT(errorOf(check(c, {})), HasSubstr("--steps"));
  c = {};
  c.threads = -1;
  EXPECT_THAT(errorOf(check(c, {})), HasSubstr("--threads"));
  c = {};
  c.warmup = -1;
  EXPECT_THAT(errorOf(check(c, {})), HasSubstr("--warmup"));
}

TEST(Configuration, SaysWhyWhatCannotRunHereCannotRun) {
  Machine none;
  none.whyNoCuda = "there is no GPU";
  Toggles t;
  t.graph = Graph::kOn;
  EXPECT_THAT(whyIllegal(t, Device::kCpu, none), HasSubstr("CUDA graph"));
  t = {};
  t.fusion = Fusion::kInductor;
  EXPECT_THAT(whyIllegal(t, Device::kCpu, none), HasSubstr("forward pass only"));
  t.mode = Mode::kInference;
  EXPECT_THAT(whyIllegal(t, Device::kCpu, none), HasSubstr("naive and stacked"));
  t.dispatch = Dispatch::kGrouped;
  EXPECT_EQ(whyIllegal(t, Device::kCpu, none), "");
  Configuration unpacked;
  unpacked.toggles = t;
  EXPECT_THAT(errorOf(check(unpacked, none)), HasSubstr("--package"));
  t = {};
  t.amp = Amp::kFp16;
  EXPECT_THAT(whyIllegal(t, Device::kCpu, none), HasSubstr("--scaler naive"));
  t.optimizer = Optimizer::kFused;
  EXPECT_EQ(whyIllegal(t, Device::kCpu, none), "");
  t = {};
  t.mode = Mode::kInference;
  t.checkpoint = Checkpoint::kFull;
  EXPECT_THAT(whyIllegal(t, Device::kCpu, none), HasSubstr("backward"));
  EXPECT_THAT(whyIllegal({}, Device::kCuda, none), HasSubstr("there is no GPU"));
  EXPECT_EQ(whyIllegal({}, Device::kCpu, none), "");
}

// What stops a capture is told before one is tried: no GPU is needed to ask.
TEST(Configuration, SaysWhyAStepCannotBeCaptured) {
  Machine gpu;
  gpu.cuda = true;
  Toggles t;
  t.graph = Graph::kOn;
  EXPECT_THAT(whyIllegal(t, Device::kCuda, gpu), HasSubstr("read the tokens of every expert back"));
  t.dispatch = Dispatch::kGrouped;
  EXPECT_THAT(whyIllegal(t, Device::kCuda, gpu), HasSubstr("at::_grouped_mm"));
  t.amp = Amp::kBf16;
  EXPECT_THAT(whyIllegal(t, Device::kCuda, gpu), HasSubstr("step counter"));
  t.optimizer = Optimizer::kFused;
  EXPECT_EQ(whyIllegal(t, Device::kCuda, gpu), "");
  t.dispatch = Dispatch::kDense;
  t.amp = Amp::kFp16;
  EXPECT_EQ(whyIllegal(t, Device::kCuda, gpu), "");
  t.scaler = Scaler::kNaive;
  EXPECT_THAT(whyIllegal(t, Device::kCuda, gpu), HasSubstr("--scaler device"));
  t = {};
  t.fusion = Fusion::kKernels;
  t.dispatch = Dispatch::kGrouped;
  EXPECT_THAT(whyIllegal(t, Device::kCuda, gpu), HasSubstr("no CUDA kernels"));
  gpu.cudaKernels = {Amp::kOff};
  EXPECT_EQ(whyIllegal(t, Device::kCuda, gpu), "");
  t.graph = Graph::kOn;
  t.optimizer = Optimizer::kFused;
  EXPECT_EQ(whyIllegal(t, Device::kCuda, gpu), "") << "own kernels read nothing back";

  Configuration c;
  c.device = Device::kCuda;
  c.toggles = t;
  c.unsafe[static_cast<int>(Unsafe::kItem)] = true;
  EXPECT_THAT(errorOf(check(c, gpu)), HasSubstr("--unsafe item"));
}

TEST(Configuration, ReplaysAGraphWhereTheModeOfTheCompilerDoes) {
  Toggles t;
  t.mode = Mode::kInference;
  t.dispatch = Dispatch::kGrouped;
  t.fusion = Fusion::kInductor;
  EXPECT_FALSE(replaysGraph(t, Device::kCuda));
  for (const Inductor mode : {Inductor::kReduceOverhead, Inductor::kMaxAutotune}) {
    t.inductor = mode;
    EXPECT_TRUE(replaysGraph(t, Device::kCuda));
    EXPECT_FALSE(replaysGraph(t, Device::kCpu));
  }
  t.inductor = Inductor::kMaxAutotuneNoCudagraphs;
  EXPECT_FALSE(replaysGraph(t, Device::kCuda));
}

TEST(Configuration, RefusesWhatDoesNotFitInMemory) {
  Machine small;
  small.hostBytes = std::int64_t{1} << 20;
  EXPECT_THAT(errorOf(check(sized(4096, 64, 2), small)), HasSubstr("Out of memory"));
  EXPECT_TRUE(check(sized(4096, 64, 2), {})) << "a size that is not known refuses nothing";
}

TEST(Fallback, TakesTheGuidesRemedies) {
  Machine small;
  small.hostBytes = std::int64_t{8} << 20; // weights and optimizer state alone take 6
  std::vector<std::string> notes;
  const Result<Configuration> fitting = settle(sized(4096, 8, 2), small, notes);
  ASSERT_TRUE(fitting);
  EXPECT_EQ(fitting->toggles.checkpoint, Checkpoint::kFull);
  EXPECT_EQ(fitting->toggles.amp, Amp::kBf16);
  EXPECT_LT(fitting->sizes.tokens, 4096);
  EXPECT_GE(notes.size(), 3u);
  EXPECT_THAT(notes[0], HasSubstr("--checkpoint full"));

  Configuration captured;
  captured.toggles.graph = Graph::kOn;
  notes.clear();
  const Result<Configuration> eager = settle(captured, {}, notes);
  ASSERT_TRUE(eager);
  EXPECT_EQ(eager->toggles.graph, Graph::kOff);
  EXPECT_THAT(notes.at(0), HasSubstr("cannot be captured"));

  Configuration compiled;
  compiled.toggles.mode = Mode::kInference;
  compiled.toggles.dispatch = Dispatch::kGrouped;
  compiled.toggles.fusion = Fusion::kInductor;
  notes.clear();
  const Result<Configuration> kernels = settle(compiled, {}, notes);
  ASSERT_TRUE(kernels);
  EXPECT_EQ(kernels->toggles.fusion, Fusion::kKernels);

  notes.clear();
  EXPECT_FALSE(settle(sized(0, 8, 2), {}, notes)) << "a wrong size is no trouble but an error";
  EXPECT_FALSE(unoptimized(Configuration{}));
  EXPECT_TRUE(unoptimized(*kernels));
}

TEST(Names, DelaysAreKindPlaceAndMicroseconds) {
  const Result<Delay> delay = parseDelay("kernel:router=12.5");
  ASSERT_TRUE(delay);
  EXPECT_EQ(delay->kind, Delay::Kind::kKernel);
  EXPECT_EQ(delay->place, "router");
  EXPECT_EQ(delay->microseconds, 12.5);
  for (const char *wrong : {"", "router", "host:router", "host=5", "host:router=", "host:router=x",
                            "host:router=-1", "host:nowhere=5", "hots:router=5", "host:router=1e9"})
    EXPECT_FALSE(parseDelay(wrong)) << wrong;
}

TEST(Names, NumbersAreAListOfAtLeastOne) {
  EXPECT_EQ(*parseNumbers("token-cycle", "512,1"), (std::vector<std::int64_t>{512, 1}));
  EXPECT_TRUE(parseNumbers("token-cycle", "")->empty());
  for (const char *wrong : {"0", "-1", "a", "1,", ",1", "1,,2", "99999999999999999999"})
    EXPECT_FALSE(parseNumbers("token-cycle", wrong)) << wrong;
}

TEST(Names, EveryValueOfEveryToggleCanBeSetAndIsPrinted) {
  for (const ToggleName &toggle : toggleNames())
    for (std::size_t i = 0; i < toggle.values.size(); ++i) {
      Toggles toggles;
      if (toggle.name == "scaler") toggles.amp = Amp::kFp16; // else it means nothing
      ASSERT_TRUE(setToggle(toggles, toggle.name, toggle.values[i]));
      EXPECT_EQ(toggle.get(toggles), static_cast<int>(i));
      if (toggle.name == "mode") continue;
      EXPECT_THAT(describe(toggles),
                  HasSubstr(std::string(toggle.name) + "=" + std::string(toggle.values[i])));
    }
}

TEST(Names, AWrongValueGetsTheNearestOne) {
  Toggles toggles;
  EXPECT_THAT(errorOf(setToggle(toggles, "dispatch", "groupd")),
              HasSubstr("Did you mean 'grouped'?"));
  EXPECT_THAT(errorOf(setToggle(toggles, "dispath", "naive")),
              HasSubstr("Did you mean 'dispatch'?"));
  EXPECT_THAT(errorOf(setToggle(toggles, "amp", "fp8")), HasSubstr("off, bf16, fp16"));
  EXPECT_THAT(errorOf(setToggle(toggles, "fusion", "inductor:max-autotun")),
              HasSubstr("Did you mean 'max-autotune'?"));
  EXPECT_TRUE(setToggle(toggles, "fusion", "inductor:reduce-overhead"));
  EXPECT_THAT(errorOf(setToggle(toggles, "amp", "zzzzzzzz")), testing::Not(HasSubstr("Did you")));
  EXPECT_FALSE(setToggle(toggles, "amp", ""));
}

TEST(Names, UnsafeTakesAList) {
  Configuration c;
  ASSERT_TRUE(parseUnsafe("item,boolean-mask", c));
  EXPECT_TRUE(c.unsafe[static_cast<int>(Unsafe::kItem)]);
  EXPECT_TRUE(c.unsafe[static_cast<int>(Unsafe::kBooleanMask)]);
  EXPECT_FALSE(c.unsafe[static_cast<int>(Unsafe::kPrint)]);
  EXPECT_TRUE(parseUnsafe("none", c));
  EXPECT_FALSE(c.unsafe[static_cast<int>(Unsafe::kItem)]);
  EXPECT_THAT(errorOf(parseUnsafe("item,prnt", c)), HasSubstr("Did you mean 'print'?"));
  EXPECT_FALSE(parseUnsafe("item,", c));
}

TEST(Presets, WhatCannotRunIsReplacedAndSaidSo) {
  for (const Preset &preset : presets()) {
    Toggles toggles = preset.wants;
    const std::vector<std::string> notes = fitPreset(toggles, Device::kCpu, {}, false);
    EXPECT_EQ(whyIllegal(toggles, Device::kCpu, {}), "") << preset.name;
    EXPECT_EQ(notes.empty(), toggles == preset.wants) << preset.name;
  }
  EXPECT_THAT(errorOf(findPreset("ful").has_value()
                          ? Result<void>{}
                          : Result<void>{Unexpected(findPreset("ful").error())}),
              HasSubstr("Did you mean 'full'?"));
}

// What the guide recommends, word for word.
TEST(Presets, FollowTheGuide) {
  const Toggles development = findPreset("development")->wants;
  EXPECT_EQ(development.fusion, Fusion::kOff);
  EXPECT_EQ(development.graph, Graph::kOff);
  EXPECT_EQ(development.amp, Amp::kBf16);
  EXPECT_EQ(development.checkpoint, Checkpoint::kFull);
  const Toggles inference = findPreset("production-inference")->wants;
  EXPECT_EQ(inference.fusion, Fusion::kInductor);
  EXPECT_EQ(inference.amp, Amp::kBf16);
  EXPECT_EQ(inference.checkpoint, Checkpoint::kOff);
  EXPECT_EQ(inference.mode, Mode::kInference);
  const Toggles training = findPreset("production-training")->wants;
  EXPECT_EQ(training.amp, Amp::kBf16);
  EXPECT_EQ(training.checkpoint, Checkpoint::kFull);
  EXPECT_EQ(training.graph, Graph::kOff);
}

TEST(Statistics, QuantilesAreLinearBetweenNeighbours) {
  EXPECT_EQ(quantile({}, 0.5), 0);
  EXPECT_EQ(quantile({3}, 0.9), 3);
  EXPECT_EQ(quantile({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_EQ(quantile({1, 2}, 0), 1);
  EXPECT_EQ(quantile({1, 2}, 1), 2);
}

} // namespace
} // namespace hotloop::moe
