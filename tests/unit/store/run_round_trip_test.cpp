#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stop_token>

#include "core/metrics/quality.h"
#include "core/store/run_reader.h"
#include "core/store/schema.h"
#include "core/trace/event_order.h"
#include "core/trace/meta_keys.h"
#include "core/trace/trace_builder.h"
#include "tests/support/compare_runs.h"
#include "tests/unit/store/run_files.h"

namespace hotloop {
namespace {

class RunRoundTrip : public RunFiles {
protected:
  std::unique_ptr<RunWriter> create() {
    auto writer = RunWriter::create(path());
    EXPECT_TRUE(writer) << writer.error().message;
    return std::move(writer).value();
  }
  TraceView load() {
    auto run = loadRun(path());
    EXPECT_TRUE(run) << run.error().message;
    return std::move(run).value();
  }
};

// Fills every column of every table with values that tell columns and rows apart.
template <class Cell> Cell cellFor(std::int64_t number) {
  if constexpr (std::is_same_v<Cell, Nanoseconds>)
    return Nanoseconds(number);
  else if constexpr (std::is_floating_point_v<Cell>)
    return static_cast<Cell>(number) + 0.5;
  else if constexpr (std::is_same_v<Cell, bool>)
    return number % 2 == 1;
  else if constexpr (std::is_enum_v<Cell>)
    return static_cast<Cell>(number % 100);
  else if constexpr (std::is_integral_v<Cell>)
    return static_cast<Cell>(number % 100);
  else
    return Cell(1); // ids: row 1 exists everywhere
}

template <class Table> void addRows(TraceSink &sink, std::int64_t &number) {
  const std::uint32_t rows = Table::kInfo.kind == TableKind::kEntity ? 1 : 3;
  for (std::uint32_t i = 0; i < rows; ++i) {
    RowOf<Table> row;
    Table::template columns<Value>([&](auto member, const ColumnInfo &) {
      using Cell = std::decay_t<decltype(row.*member)>;
      row.*member = cellFor<Cell>(++number);
    });
    if constexpr (requires {
                    row.start;
                    row.duration;
                  })
      row.start = Nanoseconds(100 * i);
    if constexpr (requires { row.parent; }) row.parent = {};
    if constexpr (requires { row.inlinedInto; }) row.inlinedInto = {};
    if constexpr (std::is_same_v<Table, StepCounterTable>) row.step = i + 1;
    sink.add(row);
  }
}

void addEverything(TraceSink &sink) {
  sink.intern("text");
  sink.setMeta(meta_key::kHost, "here");
  std::int64_t number = 0;
  AllTables::forEach([&]<class Table>() { addRows<Table>(sink, number); });
}

TEST_F(RunRoundTrip, KeepsEveryColumnOfEveryTable) {
  auto writer = create();
  addEverything(*writer);
  ASSERT_TRUE(writer->finalise(RunState::kClean));
  TraceBuilder builder;
  addEverything(builder);
  auto expected = builder.build();
  ASSERT_TRUE(expected);
  EXPECT_EQ(test_support::differenceOf(*expected, load()), "");
}

TEST_F(RunRoundTrip, GivesTheSameRunAsTheBuilder) {
  for (const bool device : {false, true}) {
    test_support::MakeRunOptions options;
    options.events = 30'000;
    options.device = device;
    options.graph = device;
    for (const auto &plant : test_support::plantCatalogue()) options.plants.push_back(plant.plant);
    auto writer = create();
    ASSERT_TRUE(test_support::makeRun(*writer, options));
    ASSERT_TRUE(writer->finalise(RunState::kClean));
    TraceBuilder builder;
    ASSERT_TRUE(test_support::makeRun(builder, options));
    auto expected = builder.build();
    ASSERT_TRUE(expected);
    EXPECT_EQ(test_support::differenceOf(*expected, load()), "");
    std::filesystem::remove(path());
  }
}

// A file with a WAL is for SQLite alone, all others are read from their pages.
TEST_F(RunRoundTrip, PagesAndSqliteGiveTheSameRun) {
  const std::string file = makeFile(20'000, true);
  const auto fromPages = loadRun(file);
  ASSERT_TRUE(fromPages) << fromPages.error().message;
  change(file, "PRAGMA journal_mode=WAL");
  const auto bySqlite = loadRun(file);
  ASSERT_TRUE(bySqlite) << bySqlite.error().message;
  EXPECT_GT((*fromPages)->ops.start.size(), 4'096u);
  EXPECT_EQ(test_support::differenceOf(*fromPages, *bySqlite), "");
}

// Looked at between rows of the pages, before anything is sorted.
TEST_F(RunRoundTrip, ReadingStopsWhenAsked) {
  const std::string file = makeFile(20'000);
  std::stop_source stop;
  stop.request_stop();
  const auto run = loadRun(file, stop.get_token());
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().kind, ErrorKind::kBusy);
  EXPECT_EQ(run.error().message, file + ": reading was stopped");
}

TEST_F(RunRoundTrip, KeepsExtremeValues) {
  auto writer = create();
  ThreadRow thread;
  thread.id = ThreadId(1);
  writer->add(thread);
  AllocationEvent allocation;
  allocation.start = kEarliestTime; // below that no clock goes
  allocation.lane = ThreadId(1);
  allocation.address = std::numeric_limits<std::uint64_t>::max();
  allocation.bytes = std::numeric_limits<std::int64_t>::max();
  allocation.correlation = std::numeric_limits<std::uint32_t>::max();
  writer->add(allocation);
  RangeEvent range;
  range.name = writer->intern("naïve \x01\xff");
  range.payloadReal = std::numeric_limits<double>::quiet_NaN();
  writer->add(range);
  range.payloadReal = -std::numeric_limits<double>::infinity();
  range.start = Nanoseconds(1);
  writer->add(range);
  ASSERT_TRUE(writer->finalise(RunState::kClean));
  const TraceView run = load();
  EXPECT_EQ(run->allocations.start[0], kEarliestTime);
  EXPECT_EQ(run->allocations.address[0], std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(run->allocations.bytes[0], std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(run->allocations.correlation[0], std::numeric_limits<std::uint32_t>::max());
  EXPECT_TRUE(std::isnan(run->ranges.payloadReal[0]));
  EXPECT_EQ(run->ranges.payloadReal[1], -std::numeric_limits<double>::infinity());
  EXPECT_EQ(run.text(run->ranges.name[0]), "naïve \x01\xff");
}

TEST_F(RunRoundTrip, ReplacesEntityRowsOfTheSameId) {
  auto writer = create();
  ThreadRow thread;
  thread.id = ThreadId(2);
  thread.osTid = 1;
  writer->add(thread);
  thread.osTid = 7;
  writer->add(thread);
  ASSERT_TRUE(writer->finalise(RunState::kClean));
  const TraceView run = load();
  ASSERT_EQ(run->threads.id.size(), 2u); // dense: the absent id 1 is a row of zeros
  EXPECT_EQ(run->threads.osTid[0], 0u);
  EXPECT_EQ(run->threads.osTid[1], 7u);
}

TEST_F(RunRoundTrip, AddsUpQualityRowsAndPutsTheSumIntoTheSentence) {
  auto writer = create();
  reportQuality(*writer, "dropped_records", 3, "thread 5");
  reportQuality(*writer, "dropped_records", 4);
  reportQuality(*writer, "cut_texts", 0);
  ASSERT_TRUE(writer->finalise(RunState::kClean));
  const TraceView run = load();
  ASSERT_EQ(run->quality.name.size(), 1u);
  EXPECT_EQ(run->quality.count[0], 7);
  EXPECT_EQ(run->quality.severity[0], Severity::kDataLoss);
  EXPECT_TRUE(run.text(run->quality.message[0]).starts_with("7 records were dropped"));
}

TEST_F(RunRoundTrip, MergesTextsThatTheWriterForgot) {
  // More distinct text than the writer's bounded cache holds, then the first one again.
  auto writer = create();
  const auto add = [&](const std::string &text) {
    RangeEvent range;
    range.name = writer->intern(text);
    writer->add(range);
  };
  add("first");
  for (int i = 0; i < 100'000; ++i) add(std::string(100, 'x') + std::to_string(i));
  add("first");
  ASSERT_TRUE(writer->finalise(RunState::kClean));
  const TraceView run = load();
  EXPECT_EQ(run->ranges.name.front(), run->ranges.name.back());
  ASSERT_EQ(run->quality.name.size(), 1u);
  EXPECT_EQ(run.text(run->quality.name[0]), "duplicate_strings");
}

TEST_F(RunRoundTrip, AnEmptyRunIsARun) {
  ASSERT_TRUE(create()->finalise(RunState::kTruncated));
  const TraceView run = load();
  EXPECT_EQ(run.meta(meta_key::kState), "truncated");
  EXPECT_TRUE(run->ops.start.empty());
  EXPECT_FALSE(run.hasDeviceRecords());
  EXPECT_EQ(run->strings.size(), 1u + 2u * run->quality.name.size());
  auto summary = summarizeRun(path());
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->formatVersion, kFormatVersion);
  EXPECT_EQ(summary->rows.front().first, "meta");
}

TEST_F(RunRoundTrip, SummarizesWithoutLoading) {
  makeFile(5'000, true);
  const TraceView run = load();
  auto summary = summarizeRun(path());
  ASSERT_TRUE(summary);
  const auto rows = [&](const std::string &table) {
    for (const auto &[name, count] : summary->rows)
      if (name == table) return count;
    return std::int64_t{-1};
  };
  EXPECT_EQ(rows("op"), static_cast<std::int64_t>(run->ops.start.size()));
  EXPECT_EQ(rows("kernel"), static_cast<std::int64_t>(run->kernels.start.size()));
  EXPECT_EQ(rows("frame"), static_cast<std::int64_t>(run->frames.id.size()));
  EXPECT_EQ(rows("quality"), 0);
  EXPECT_EQ(summary->fileBytes, std::filesystem::file_size(path()));
}

} // namespace
} // namespace hotloop
