#include <gmock/gmock.h>

#include <sys/resource.h>

#include <csignal>

#include "core/store/run_reader.h"
#include "core/trace/meta_keys.h"
#include "tests/unit/store/run_files.h"

namespace hotloop {
namespace {

using testing::HasSubstr;

class WritingFailures : public RunFiles {
protected:
  void expectError(const std::string &file, bool overwrite, ErrorKind kind,
                   const std::string &sentence) {
    RunWriterOptions options;
    options.overwrite = overwrite;
    auto writer = RunWriter::create(file, options);
    ASSERT_FALSE(writer);
    EXPECT_EQ(writer.error().kind, kind) << writer.error().message;
    EXPECT_THAT(writer.error().message, HasSubstr(sentence));
  }
};

TEST_F(WritingFailures, ExistingFile) {
  makeFile();
  expectError(path(), false, ErrorKind::kInvalidInput, "exists already");
  RunWriterOptions options;
  options.overwrite = true;
  auto writer = RunWriter::create(path(), options);
  ASSERT_TRUE(writer) << writer.error().message;
  ASSERT_TRUE((*writer)->finalise(RunState::kClean));
  EXPECT_TRUE((*loadRun(path()))->ops.start.empty());
}

TEST_F(WritingFailures, NeverOverwritesWhatIsNotARun) {
  std::ofstream(path("train.py")) << "import torch\n";
  expectError(path("train.py"), true, ErrorKind::kInvalidInput, "not a hotloop run");
  change(path("other.sqlite"), "CREATE TABLE t (a)");
  expectError(path("other.sqlite"), true, ErrorKind::kInvalidInput, "not a hotloop run");
  expectError(folder_.string(), true, ErrorKind::kInvalidInput, "not a plain file");
  EXPECT_EQ(std::filesystem::file_size(path("train.py")), 13u);
}

TEST_F(WritingFailures, NeverOverwritesARunThatIsBeingRecorded) {
  auto writer = RunWriter::create(path());
  ASSERT_TRUE(writer);
  expectError(path(), true, ErrorKind::kBusy, "is being recorded into");
  EXPECT_TRUE((*writer)->finalise(RunState::kClean));
}

TEST_F(WritingFailures, EmptyPathAndMissingFolder) {
  expectError("", false, ErrorKind::kInvalidInput, "empty");
  expectError(path("none/run.hotloop"), false, ErrorKind::kNotFound, "does not exist");
  makeFile();
  expectError(path() + "/run.hotloop", false, ErrorKind::kNotFound, "does not exist");
}

TEST_F(WritingFailures, ReadOnlyFolder) {
  std::filesystem::permissions(folder_, std::filesystem::perms(0555));
  EXPECT_TRUE(asOrdinaryUser([&] {
    auto writer = RunWriter::create(path());
    return !writer && writer.error().kind == ErrorKind::kPermission &&
           writer.error().message.find("not writable") != std::string::npos;
  }));
}

TEST_F(WritingFailures, LeftOverJournalsOfAnOlderRunAreNotTakenForThisOnes) {
  std::ofstream(path("run.hotloop-wal")) << std::string(100'000, 'w');
  std::ofstream(path("run.hotloop-journal")) << std::string(100'000, 'j');
  makeFile();
  EXPECT_TRUE(loadRun(path()));
}

// The file may not grow beyond `bytes` in this process: what a full disk looks like.
void limitFileSize(rlim_t bytes) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

TEST_F(WritingFailures, FullDiskKeepsWhatWasStored) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto writer = RunWriter::create(path());
    if (!writer) ::_exit(2);
    limitFileSize(3'000'000);
    OpEvent op;
    op.name = (*writer)->intern("aten::mm");
    Result<void> committed;
    for (int i = 0; i < 1'000'000 && committed; ++i) {
      (*writer)->add(op);
      if (i % 1'000 == 0) committed = (*writer)->commit();
    }
    if (committed || committed.error().kind != ErrorKind::kNoSpace) ::_exit(3);
    for (int i = 0; i < 10; ++i) (*writer)->add(op); // dropped, not a crash
    if ((*writer)->commit()) ::_exit(4);
    if ((*writer)->finalise(RunState::kClean)) ::_exit(5);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  auto run = loadRun(path());
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_GT((*run)->ops.start.size(), 10'000u);
  EXPECT_EQ(run->meta(meta_key::kState), "truncated");
}

TEST_F(WritingFailures, FullDiskFromTheStartIsAnErrorOfCreate) {
  const pid_t child = ::fork();
  if (child == 0) {
    limitFileSize(10'000);
    auto writer = RunWriter::create(path());
    ::_exit(!writer && writer.error().kind == ErrorKind::kNoSpace ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(WritingFailures, CommitsByRowsAndByAge) {
  RunWriterOptions options;
  options.rowsPerTransaction = 100;
  options.maxTransactionAge = std::chrono::hours(1);
  auto writer = RunWriter::create(path(), options);
  ASSERT_TRUE(writer);
  for (int i = 0; i < 250; ++i) (*writer)->add(OpEvent());
  EXPECT_EQ((*loadRun(path()))->ops.start.size(), 200u);
  ASSERT_TRUE((*writer)->commitIfDue()); // not old enough
  EXPECT_EQ((*loadRun(path()))->ops.start.size(), 200u);
  EXPECT_EQ((*writer)->rowsWritten(), 250u);

  options.maxTransactionAge = std::chrono::milliseconds(0);
  auto eager = RunWriter::create(path("eager"), options);
  ASSERT_TRUE(eager);
  (*eager)->add(OpEvent());
  ASSERT_TRUE((*eager)->commitIfDue());
  EXPECT_EQ((*loadRun(path("eager")))->ops.start.size(), 1u);
}

TEST_F(WritingFailures, FinishingWhileAReaderHoldsTheFileSaysSo) {
  auto writer = RunWriter::create(path());
  ASSERT_TRUE(writer);
  (*writer)->add(OpEvent());
  ASSERT_TRUE((*writer)->commit());
  sqlite3 *reader = nullptr;
  ASSERT_EQ(sqlite3_open_v2(path().c_str(), &reader, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT * FROM op", nullptr, nullptr, nullptr), SQLITE_OK);
  auto finished = (*writer)->finalise(RunState::kClean);
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().kind, ErrorKind::kBusy) << finished.error().message;
  sqlite3_close(reader);
  writer->reset();
  auto run = loadRun(path());
  ASSERT_TRUE(run);
  EXPECT_EQ(run->meta(meta_key::kState), "clean");
}

} // namespace
} // namespace hotloop
