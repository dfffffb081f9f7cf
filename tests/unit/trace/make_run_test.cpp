#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/trace/trace_builder.h"
#include "tests/support/compare_runs.h"
#include "tests/support/make_run.h"

namespace hotloop::test_support {
namespace {

struct Made {
  MadeRun facts;
  TraceView run;
};

Made make(const MakeRunOptions &options) {
  TraceBuilder builder;
  auto facts = makeRun(builder, options);
  EXPECT_TRUE(facts) << facts.error().message;
  NormaliseCounts counts;
  auto run = builder.build(&counts);
  EXPECT_TRUE(run);
  EXPECT_EQ(counts.danglingReferences, 0);
  EXPECT_EQ(counts.negativeDurations, 0);
  return {std::move(facts).value(), std::move(run).value()};
}

MakeRunOptions allPlants(std::uint64_t events, bool device) {
  MakeRunOptions options;
  options.events = events;
  options.device = device;
  for (const PlantInfo &plant : plantCatalogue()) options.plants.push_back(plant.plant);
  return options;
}

TEST(MakeRun, SameSeedSameRun) {
  for (const bool device : {false, true}) {
    MakeRunOptions options = allPlants(20'000, device);
    const Made first = make(options);
    EXPECT_EQ(differenceOf(first.run, make(options).run), "");
    options.seed = 2;
    EXPECT_NE(differenceOf(first.run, make(options).run), "");
  }
}

TEST(MakeRun, ReachesTheNumberOfEvents) {
  for (const std::uint64_t events : {1'000u, 30'000u, 200'000u}) {
    MakeRunOptions options;
    options.events = events;
    const Made made = make(options);
    EXPECT_GE(made.facts.events, events);
    EXPECT_LT(made.facts.events, events + 2'000);
    EXPECT_GE(made.facts.steps, 10u);
    EXPECT_EQ(made.run->steps.start.size(), made.facts.steps);
  }
  TraceBuilder builder;
  EXPECT_FALSE(makeRun(builder, {.events = 0}));
  EXPECT_FALSE(makeRun(builder, {.events = 200'000'000}));
}

// Operators of a lane nest: a child lies inside the operator that its depth says.
TEST(MakeRun, OperatorsNest) {
  for (const bool device : {false, true}) {
    const Made made = make(allPlants(20'000, device));
    const OpColumns &ops = made.run->ops;
    std::map<std::uint32_t, std::vector<Nanoseconds>> open; // ends, per lane
    for (std::size_t i = 0; i < ops.start.size(); ++i) {
      auto &ends = open[ops.lane[i].value];
      while (!ends.empty() && ends.back() <= ops.start[i]) ends.pop_back();
      ASSERT_EQ(ends.size(), ops.depth[i]) << "operator " << i;
      const Nanoseconds end = ops.start[i] + ops.duration[i];
      if (!ends.empty()) {
        ASSERT_LE(end, ends.back());
      }
      ends.push_back(end);
    }
    EXPECT_EQ(open.size(), device ? 3u : 2u);
  }
}

TEST(MakeRun, StreamsNeverOverlapAndKernelsFollowTheirCall) {
  MakeRunOptions options = allPlants(40'000, true);
  options.graph = true;
  options.plants.erase(
      std::find(options.plants.begin(), options.plants.end(), Plant::kPerParameter));
  const Made made = make(options);
  const TraceView &run = made.run;
  std::map<std::uint32_t, Nanoseconds> calls;
  for (std::size_t i = 0; i < run->apis.start.size(); ++i)
    ASSERT_TRUE(calls.emplace(run->apis.correlation[i], run->apis.start[i]).second);
  Nanoseconds free;
  std::set<std::uint64_t> nodes;
  for (std::size_t i = 0; i < run->kernels.start.size(); ++i) {
    ASSERT_GE(run->kernels.start[i], free);
    free = run->kernels.start[i] + run->kernels.duration[i];
    ASSERT_TRUE(calls.contains(run->kernels.correlation[i]));
    ASSERT_GT(run->kernels.start[i], calls[run->kernels.correlation[i]]);
    if (run->kernels.graphNode[i] != 0) nodes.insert(run->kernels.graphNode[i]);
  }
  EXPECT_EQ(nodes.size(), run->graphNodes.id.size());
  EXPECT_FALSE(nodes.empty());
  EXPECT_FALSE(run->memcpys.start.empty());
  EXPECT_FALSE(run->memsets.start.empty());
  EXPECT_FALSE(run->syncs.start.empty());
  EXPECT_FALSE(run->eventRecords.start.empty());
}

TEST(MakeRun, BlocksAreTakenBeforeTheyAreGivenBack) {
  const Made made = make(allPlants(20'000, false));
  const AllocationColumns &rows = made.run->allocations;
  std::map<std::uint64_t, std::int64_t> live;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < rows.start.size(); ++i) {
    if (rows.action[i] == AllocationAction::kAllocate) {
      ASSERT_TRUE(live.emplace(rows.address[i], rows.bytes[i]).second);
      total += rows.bytes[i];
    } else {
      ASSERT_EQ(live[rows.address[i]], rows.bytes[i]);
      live.erase(rows.address[i]);
      total -= rows.bytes[i];
    }
    ASSERT_EQ(rows.totalAllocated[i], total);
  }
  EXPECT_GE(live.size(), made.facts.steps); // the growing list
}

// Each planted problem leaves operators at its place, and a clean run has none there.
TEST(MakeRun, PlantsStandWhereTheCatalogueSays) {
  const auto placesOf = [](const TraceView &run) {
    std::set<std::string> places;
    for (const FrameId location : run->ops.location) {
      if (!location) continue;
      const std::size_t row = location.value - 1;
      places.insert(std::string(run.text(run->frames.file[row])) + ":" +
                    std::to_string(run->frames.line[row]));
    }
    return places;
  };
  const std::set<std::string> clean = placesOf(make({.events = 5'000}).run);
  for (const PlantInfo &plant : plantCatalogue()) {
    MakeRunOptions options;
    options.events = 5'000;
    options.plants = {plant.plant};
    const Made made = make(options);
    const std::string place = std::string(plant.file) + ":" + std::to_string(plant.line);
    EXPECT_FALSE(clean.contains(place)) << plant.name;
    EXPECT_TRUE(placesOf(made.run).contains(place)) << plant.name;
    ASSERT_EQ(made.facts.planted.size(), 1u);
    EXPECT_GE(made.facts.planted[0].perStep, 1.0) << plant.name;
    EXPECT_EQ(findPlant(plant.name), plant.plant);
  }
  EXPECT_FALSE(findPlant("absent"));
}

TEST(MakeRun, MarksStepsAsAsked) {
  const auto stepRows = [](StepMarks marks) {
    MakeRunOptions options;
    options.events = 3'000;
    options.marks = marks;
    return make(options);
  };
  EXPECT_FALSE(stepRows(StepMarks::kApi).run->steps.start.empty());
  const Made nvtx = stepRows(StepMarks::kNvtx);
  EXPECT_TRUE(nvtx.run->steps.start.empty());
  EXPECT_EQ(nvtx.run.text(nvtx.run->ranges.name[0]), "step");
  const Made profiler = stepRows(StepMarks::kProfiler);
  EXPECT_TRUE(profiler.run->strings.find("ProfilerStep#3"));
  EXPECT_TRUE(stepRows(StepMarks::kNone).run->steps.start.empty());
}

} // namespace
} // namespace hotloop::test_support
