#include <gmock/gmock.h>

#include <csignal>

#include "core/store/process_identity.h"
#include "core/store/run_reader.h"
#include "core/trace/meta_keys.h"
#include "tests/unit/store/run_files.h"

namespace hotloop {
namespace {

class RunStates : public RunFiles {
protected:
  bool hasQuality(const TraceView &run, std::string_view name) {
    for (const StringId id : run->quality.name)
      if (run.text(id) == name) return true;
    return false;
  }

  // A run whose writer was killed with `committed` operators stored and as many more not.
  void makeKilledRun(int committed) {
    const pid_t child = ::fork();
    if (child == 0) {
      auto writer = RunWriter::create(path());
      if (!writer) ::_exit(1);
      addOps(**writer, committed);
      if (!(*writer)->commit()) ::_exit(1);
      addOps(**writer, committed);
      ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  static void addOps(TraceSink &sink, int count) {
    OpEvent op;
    op.name = sink.intern("aten::mm");
    for (int i = 0; i < count; ++i) {
      op.start = Nanoseconds(i);
      sink.add(op);
    }
  }
};

TEST_F(RunStates, AFileThatIsBeingWrittenIsReadUpToItsLastCommit) {
  auto writer = RunWriter::create(path());
  ASSERT_TRUE(writer);
  addOps(**writer, 10);
  ASSERT_TRUE((*writer)->commit());
  addOps(**writer, 10);
  auto run = loadRun(path());
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ((*run)->ops.start.size(), 10u);
  EXPECT_EQ(run->meta(meta_key::kState), "running");
  EXPECT_TRUE(hasQuality(*run, "still_running"));

  // Reading changed nothing for the writer.
  ASSERT_TRUE((*writer)->finalise(RunState::kClean));
  auto finished = loadRun(path());
  ASSERT_TRUE(finished);
  EXPECT_EQ((*finished)->ops.start.size(), 20u);
  EXPECT_EQ(finished->meta(meta_key::kState), "clean");
  EXPECT_TRUE((*finished)->quality.name.empty());
}

TEST_F(RunStates, TheRunOfAKilledWriterIsTruncated) {
  makeKilledRun(50'000);
  ASSERT_TRUE(std::filesystem::exists(path("run.hotloop-wal")));
  const auto bytes = std::filesystem::file_size(path());
  for (int i = 0; i < 2; ++i) {
    auto run = loadRun(path());
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_GE((*run)->ops.start.size(), 50'000u);
    EXPECT_EQ(run->meta(meta_key::kState), "truncated");
    EXPECT_TRUE(hasQuality(*run, "truncated_run"));
  }
  EXPECT_EQ(std::filesystem::file_size(path()), bytes);
  auto summary = summarizeRun(path());
  ASSERT_TRUE(summary);
  EXPECT_THAT(summary->meta,
              testing::Contains(std::pair<std::string, std::string>("state", "truncated")));
}

TEST_F(RunStates, AKilledRunInAReadOnlyFolderIsReadFromACopy) {
  makeKilledRun(100);
  std::filesystem::remove(path("run.hotloop-shm"));
  std::filesystem::permissions(path(), std::filesystem::perms(0444));
  std::filesystem::permissions(path("run.hotloop-wal"), std::filesystem::perms(0444));
  std::filesystem::permissions(folder_, std::filesystem::perms(0555));
  EXPECT_TRUE(asOrdinaryUser([&] {
    auto run = loadRun(path());
    return run && (*run)->ops.start.size() == 100 && run->meta(meta_key::kState) == "truncated";
  }));
  EXPECT_FALSE(std::filesystem::exists(path("run.hotloop-shm")));
}

TEST_F(RunStates, AFinishedRunIsOnePlainFileAndReadsFromAReadOnlyFolder) {
  makeFile(3'000);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_),
                          std::filesystem::directory_iterator()),
            1);
  std::filesystem::permissions(path(), std::filesystem::perms(0444));
  std::filesystem::permissions(folder_, std::filesystem::perms(0555));
  EXPECT_TRUE(asOrdinaryUser([&] {
    auto run = loadRun(path());
    return run && (*run)->ops.start.size() > 100;
  }));
}

TEST_F(RunStates, ARunOfAnotherBootOrProcessIsTruncated) {
  for (const char *sql : {"UPDATE meta SET value = 'other' WHERE key = 'boot_id'",
                          "UPDATE meta SET value = '1' WHERE key = 'recorder_start'",
                          "UPDATE meta SET value = 'x' WHERE key = 'recorder_pid'",
                          "DELETE FROM meta WHERE key = 'recorder_pid'"}) {
    makeFile();
    const ProcessIdentity self = currentProcess();
    change(path(), "UPDATE meta SET value = 'running' WHERE key = 'state'");
    EXPECT_EQ(loadRun(path()).value().meta(meta_key::kState), "running");
    EXPECT_TRUE(isAlive(self));
    change(path(), sql);
    EXPECT_EQ(loadRun(path()).value().meta(meta_key::kState), "truncated") << sql;
    std::filesystem::remove(path());
  }
}

} // namespace
} // namespace hotloop
