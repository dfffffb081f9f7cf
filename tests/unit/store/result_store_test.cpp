#include <gmock/gmock.h>

#include "core/metrics/quality.h"
#include "core/store/database.h"
#include "core/store/result_store.h"
#include "core/store/run_reader.h"
#include "tests/unit/store/run_files.h"

namespace hotloop {
namespace {

class StoreResults : public RunFiles {
protected:
  TraceView load() {
    auto run = loadRun(path());
    EXPECT_TRUE(run) << run.error().message;
    return std::move(run).value();
  }
  std::int64_t number(const std::string &sql) {
    auto database = Database::open(path());
    EXPECT_TRUE(database);
    auto table = database->query(sql);
    EXPECT_TRUE(table) << table.error().message;
    return table->rows.empty() ? -1 : std::get<std::int64_t>(table->rows[0][0]);
  }
};

TEST_F(StoreResults, KeepsRowNumbersOfALoadedRunAndStoresRowids) {
  makeFile(20'000);
  const TraceView before = load();
  const auto item =
      static_cast<std::uint32_t>(std::find(before->ops.name.begin(), before->ops.name.end(),
                                           before->strings.find("aten::item")) -
                                 before->ops.name.begin());
  for (int round = 0; round < 2; ++round) { // a second analysis replaces the first
    auto stored = storeResults(path(), [&](TraceSink &sink) {
      sink.add(EvidenceRow{1, sink.intern("op"), item + 1});
      sink.add(
          StepCounterRow{3, sink.intern("operators"), sink.intern("train.py:121 train_step"), 5});
      FindingRow finding;
      finding.id = 1;
      finding.rule = sink.intern("HL101");
      sink.add(finding);
      reportQuality(sink, "few_steady_steps", 4);
    });
    ASSERT_TRUE(stored) << stored.error().message;
  }
  EXPECT_EQ(
      number("SELECT count(*) FROM evidence e JOIN op o ON o.rowid = e.row JOIN string n ON n.id = "
             "o.name WHERE n.text = 'aten::item'"),
      1);
  EXPECT_EQ(number("SELECT s.number FROM step_counter c JOIN step s ON s.rowid = c.step"), 2);
  const TraceView after = load();
  ASSERT_EQ(after->evidence.row.size(), 1u);
  EXPECT_EQ(after->evidence.row[0], item + 1);
  EXPECT_THAT(after->stepCounters.step, testing::ElementsAreArray<std::uint32_t>({3}));
  EXPECT_EQ(after.text(after->findings.rule[0]), "HL101");
  ASSERT_EQ(after->quality.name.size(), 1u); // and no texts stored twice
  EXPECT_TRUE(after.text(after->quality.message[0]).starts_with("Only 4 steady steps"));
  EXPECT_EQ(after->ops.start.size(), before->ops.start.size());
}

TEST_F(StoreResults, NewStepsComeBehindTheFilesOwn) {
  auto writer = RunWriter::create(path());
  ASSERT_TRUE(writer);
  for (const std::int64_t start : {50, 10}) {
    StepEvent step;
    step.start = Nanoseconds(start);
    step.number = start;
    (*writer)->add(step);
  }
  ASSERT_TRUE((*writer)->finalise(RunState::kClean));
  ASSERT_TRUE(storeResults(path(), [](TraceSink &sink) {
    StepEvent step;
    step.start = Nanoseconds(30);
    step.number = 30;
    sink.add(step);
    for (std::uint32_t number = 1; number <= 3; ++number)
      sink.add(StepCounterRow{number, sink.intern("operators"), {}, static_cast<double>(number)});
  }));
  const TraceView run = load();
  EXPECT_THAT(run->steps.number, testing::ElementsAreArray<std::int64_t>({10, 30, 50}));
  // 1 and 2 were the file's steps in order of time, 3 the new one.
  EXPECT_THAT(run->stepCounters.step, testing::ElementsAreArray<std::uint32_t>({1, 3, 2}));
}

TEST_F(StoreResults, RefusesWhatCannotHoldThem) {
  const auto nothing = [](TraceSink &) {};
  EXPECT_EQ(storeResults(path("absent"), nothing).error().kind, ErrorKind::kNotFound);
  makeFile();
  std::filesystem::permissions(path(), std::filesystem::perms(0444));
  EXPECT_TRUE(asOrdinaryUser([&] {
    auto stored = storeResults(path(), nothing);
    return !stored && stored.error().kind == ErrorKind::kPermission;
  }));
  auto writer = RunWriter::create(path("busy"));
  ASSERT_TRUE(writer);
  EXPECT_EQ(storeResults(path("busy"), nothing).error().kind, ErrorKind::kBusy);
}

TEST_F(StoreResults, AFailureLeavesTheFileAsItWas) {
  makeFile();
  ASSERT_TRUE(storeResults(path(), [](TraceSink &sink) {
    FindingRow finding;
    finding.id = 1;
    sink.add(finding);
  }));
  sqlite3 *other = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ(storeResults(path(), [](TraceSink &) {}).error().kind, ErrorKind::kBusy);
  sqlite3_close(other);
  EXPECT_EQ(load()->findings.id.size(), 1u);
}

} // namespace
} // namespace hotloop
