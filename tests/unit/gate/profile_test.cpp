#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyzers/analysis.h"
#include "cli/gate/profile_cache.h"
#include "core/trace/trace_builder.h"
#include "tests/support/make_run.h"
#include "tests/support/scripted_loop.h"
#include "tests/unit/cli/cli_harness.h"

namespace hotloop::cli {
namespace {

TraceView made(bool device, bool graph = false) {
  TraceBuilder builder;
  EXPECT_TRUE(test_support::makeRun(builder, {.events = 20'000,
                                              .device = device,
                                              .graph = graph,
                                              .plants = {test_support::Plant::kItem}}));
  return std::move(builder.build()).value();
}

double meanOf(const RunProfile &profile, std::string_view counter) {
  const CounterSeries *series = profile.find(counter);
  if (series == nullptr) return 0;
  double sum = 0;
  for (const auto value : series->values) sum += static_cast<double>(value);
  return sum / static_cast<double>(series->values.size());
}

TEST(Profile, SumsOfSitesAndPhasesAreTheStep) {
  for (const bool device : {false, true}) {
    const RunProfile profile = profileRun(made(device, device), -1);
    for (const std::string &counter : profile.counted) {
      if (counter == "peak_bytes" || counter == "kept_bytes") continue; // of the step only
      std::vector<std::int64_t> step(profile.durations.size()), sites = step, phases = step;
      for (const CounterSeries &series : profile.series) {
        if (series.counter != counter) continue;
        auto &into = series.level == SeriesLevel::kStep   ? step
                     : series.level == SeriesLevel::kSite ? sites
                                                          : phases;
        for (std::size_t i = 0; i < into.size(); ++i) into[i] += series.values[i];
      }
      EXPECT_EQ(step, sites) << counter;
      EXPECT_EQ(step, phases) << counter;
    }
  }
}

TEST(Profile, AgreesWithTheCountersOfStats) {
  const TraceView trace = made(false);
  const RunProfile profile = profileRun(trace, -1);
  const auto analysis = analyze(trace);
  ASSERT_TRUE(analysis);
  double syncs = 0;
  for (const auto step : analysis->stepTable.steady)
    syncs += static_cast<double>(analysis->counters.perStep[step].hostSyncs);
  EXPECT_NEAR(meanOf(profile, "host_syncs"),
              syncs / static_cast<double>(analysis->stepTable.steady.size()), 1e-9);
  EXPECT_EQ(profile.fingerprint.felt, "would");
  EXPECT_EQ(profile.fingerprint.deviceClass, "cpu");
}

TEST(Profile, DeviceRunsCountWhatWasMeasured) {
  const RunProfile profile = profileRun(made(true), -1);
  EXPECT_EQ(profile.fingerprint.felt, "measured");
  EXPECT_NE(profile.fingerprint.deviceClass, "cpu");
  EXPECT_GT(meanOf(profile, "kernels"), 0);
  EXPECT_GT(meanOf(profile, "host_syncs"), 0);
  EXPECT_GT(meanOf(profile, "h2d_bytes"), 0);
}

// A block lives within its step; step 5 keeps another one, so the peak rises from then on.
TEST(Profile, PeakAndKeptBytes) {
  for (const bool torchTellsTotals : {true, false}) {
    test_support::ScriptedLoop script;
    std::int64_t live = 0;
    const auto memory = [&](AllocationAction action, std::uint64_t address, std::int64_t bytes) {
      live += action == AllocationAction::kAllocate ? bytes : -bytes;
      script.wait(10);
      script.builder().add(AllocationEvent{.start = Nanoseconds(script.now()),
                                           .lane = ThreadId(1),
                                           .action = action,
                                           .allocator = Allocator::kTorchCpu,
                                           .address = address,
                                           .bytes = bytes,
                                           .totalAllocated = torchTellsTotals ? live : -1,
                                           .totalReserved = -1});
    };
    for (int i = 0; i < 8; ++i) {
      script.beginStep();
      script.op("aten::mm", "train", 1000);
      memory(AllocationAction::kAllocate, 0x1000, 4096);
      script.op("aten::mm", "train", 1000);
      memory(AllocationAction::kFree, 0x1000, 4096);
      if (i == 5) memory(AllocationAction::kAllocate, 0x2000, 512);
      script.endStep();
    }
    const RunProfile profile = profileRun(script.build(), 2);
    ASSERT_EQ(profile.durations.size(), 6u);
    ASSERT_TRUE(profile.counts("peak_bytes") && profile.counts("kept_bytes"));
    EXPECT_THAT(profile.find("peak_bytes")->values,
                testing::ElementsAre(4096, 4096, 4096, 4096, 4608, 4608));
    EXPECT_THAT(profile.find("kept_bytes")->values, testing::ElementsAre(0, 0, 0, 512, 0, 0));
  }
}

TEST(Profile, PhasesAddUpToEveryStep) {
  for (const bool device : {false, true}) {
    const RunProfile profile = profileRun(made(device, device), -1);
    ASSERT_GT(profile.phaseTimes.size(), 1u);
    std::vector<std::int64_t> sum(profile.durations.size());
    for (const PhaseTime &phase : profile.phaseTimes)
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += phase.values.at(i);
    EXPECT_EQ(sum, profile.durations);
  }
}

TEST(Profile, KernelsCarryTheirRegisters) {
  const RunProfile profile = profileRun(made(true), -1);
  EXPECT_TRUE(std::ranges::any_of(profile.owners, [](const TimeOwner &owner) {
    return owner.category == "kernel" && owner.registers > 0;
  }));
}

TEST(Profile, DeviceClasses) {
  EXPECT_EQ(deviceClassOf("NVIDIA H100 80GB HBM3"), "h100");
  EXPECT_EQ(deviceClassOf("NVIDIA H200"), "h200");
  EXPECT_EQ(deviceClassOf("NVIDIA GeForce RTX 4090"), "rtx-4090");
  EXPECT_EQ(deviceClassOf("Tesla V100-SXM2-16GB"), "v100");
  EXPECT_EQ(deviceClassOf(""), "cpu");
}

TEST(ProfileCache, PacksEverythingAndRefusesDamage) {
  LoadedProfile loaded;
  loaded.profile = profileRun(made(true), -1);
  loaded.run = {"a", "b", "clean", "1"};
  loaded.quality.push_back({"x", "notice", -3, "y"});
  loaded.sites.resize(2);
  loaded.sites[1].site.function = "f";
  loaded.conditions.emplace_back("host", "h");
  loaded.steps.operators = 12.5;
  const std::string bytes = packProfile(loaded);
  const auto again = unpackProfile(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(packProfile(*again), bytes);
  EXPECT_EQ(again->profile.series.size(), loaded.profile.series.size());
  EXPECT_EQ(again->quality[0].count, -3);
  EXPECT_EQ(again->steps.operators, 12.5);
  EXPECT_EQ(again->sites[1].site.function, "f");
  EXPECT_EQ(again->conditions, loaded.conditions);
  EXPECT_FALSE(unpackProfile(""));
  EXPECT_FALSE(unpackProfile("something else"));
  for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + bytes.size() / 400)
    EXPECT_FALSE(unpackProfile(std::string_view(bytes).substr(0, cut))) << cut;
  for (std::size_t at = 30; at < bytes.size(); at += 1 + bytes.size() / 400) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    unpackProfile(damaged); // whatever it says, it comes back
  }
}

TEST(ProfileCache, AFileThatChangedIsReadAnew) {
  TestFolder folder;
  writeFile("run", "one");
  const ProfileCache cache("cache");
  LoadedProfile loaded;
  loaded.profile.command = "first";
  cache.keep("run", -1, loaded);
  ASSERT_TRUE(cache.find("run", -1));
  EXPECT_EQ(cache.find("run", -1)->profile.command, "first");
  EXPECT_FALSE(cache.find("run", 3)) << "another warm-up";
  writeFile("run", "other");
  EXPECT_FALSE(cache.find("run", -1));
  EXPECT_FALSE(ProfileCache("").find("run", -1));
}

} // namespace
} // namespace hotloop::cli
