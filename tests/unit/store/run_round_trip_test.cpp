#include <gtest/gtest.h>

#include <filesystem>

#include "core/metrics/quality.h"
#include "core/store/database.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"

namespace hotloop {
namespace {

TEST(RunRoundTrip, KeepsARow) {
  const std::string path = testing::TempDir() + "/round.hotloop";
  RunWriterOptions options;
  options.overwrite = true;
  auto writer = RunWriter::create(path, options);
  ASSERT_TRUE(writer) << writer.error().message;
  ThreadRow thread;
  thread.id = ThreadId(1);
  (*writer)->add(thread);
  OpEvent op;
  op.start = Nanoseconds(5);
  op.duration = Nanoseconds(7);
  op.lane = ThreadId(1);
  op.name = (*writer)->intern("aten::mm");
  (*writer)->add(op);
  reportQuality(**writer, "dropped_records", 3);
  reportQuality(**writer, "dropped_records", 4);
  auto finished = (*writer)->finalise(RunState::kClean);
  ASSERT_TRUE(finished) << finished.error().message;
  auto run = loadRun(path);
  ASSERT_TRUE(run) << run.error().message;
  ASSERT_EQ((*run)->ops.start.size(), 1u);
  EXPECT_EQ(run->text((*run)->ops.name[0]), "aten::mm");
  ASSERT_EQ((*run)->quality.name.size(), 1u);
  EXPECT_EQ((*run)->quality.count[0], 7);
  EXPECT_TRUE(run->text((*run)->quality.message[0]).starts_with("7 records"));
  EXPECT_EQ(run->meta("state"), "clean");
  EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
}

} // namespace
} // namespace hotloop
