#include "core/store/background_sink.h"

#include <sys/resource.h>

#include <csignal>

#include "core/store/run_reader.h"
#include "core/trace/trace_builder.h"
#include "tests/support/compare_runs.h"
#include "tests/unit/store/run_files.h"

namespace hotloop {
namespace {

class BackgroundSinkTest : public RunFiles {
protected:
  std::unique_ptr<RunWriter> create(bool survives) {
    RunWriterOptions options;
    options.survivesWriter = survives;
    auto writer = RunWriter::create(path(), options);
    EXPECT_TRUE(writer) << writer.error().message;
    return std::move(writer).value();
  }
};

TEST_F(BackgroundSinkTest, StoresWhatAWriterOfItsOwnWouldStore) {
  for (const bool survives : {true, false}) {
    test_support::MakeRunOptions options;
    options.events = 30'000; // some blocks
    options.device = options.graph = true;
    TraceBuilder builder;
    ASSERT_TRUE(test_support::makeRun(builder, options));
    builder.setMeta("later", "row");
    const auto wanted = builder.build();
    ASSERT_TRUE(wanted);
    auto writer = create(survives);
    {
      BackgroundSink sink(*writer);
      ASSERT_TRUE(test_support::makeRun(sink, options));
      ASSERT_TRUE(sink.commit());
      sink.setMeta("later", "row");
      ASSERT_TRUE(sink.finish());
      ASSERT_TRUE(sink.finish()) << "once more does nothing";
    }
    ASSERT_TRUE(writer->finalise(RunState::kClean));
    const auto run = loadRun(path());
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_EQ(run->meta("later"), "row");
    EXPECT_EQ((*run)->kernels.start.size(), (*wanted)->kernels.start.size());
    EXPECT_EQ(test_support::differenceOf(*wanted, *run), "");
    std::filesystem::remove(path());
  }
}

TEST_F(BackgroundSinkTest, AFullDiskIsTheErrorOfFinish) {
  const pid_t child = ::fork();
  if (child == 0) {
    auto writer = RunWriter::create(path());
    if (!writer) ::_exit(2);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1'000'000, 1'000'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    BackgroundSink sink(**writer);
    OpEvent op;
    op.name = sink.intern("aten::mm");
    for (int i = 0; i < 200'000; ++i) sink.add(op);
    const auto finished = sink.finish();
    ::_exit(!finished && finished.error().kind == ErrorKind::kNoSpace ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(BackgroundSinkTest, AWriterThatHoldsTextsIsRefused) {
  auto writer = create(true);
  writer->intern("first");
  BackgroundSink sink(*writer);
  sink.intern("second");
  EXPECT_FALSE(sink.finish());
}

// Nobody can open it before it is whole, and what is left of a failed one is no run.
TEST_F(BackgroundSinkTest, AFileWithoutAJournalIsReadWhenItIsFinished) {
  auto writer = create(false);
  for (int i = 0; i < 100; ++i) writer->add(OpEvent());
  ASSERT_TRUE(writer->commit());
  EXPECT_FALSE(loadRun(path()));
  ASSERT_TRUE(writer->finalise(RunState::kClean));
  const auto run = loadRun(path());
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ((*run)->ops.start.size(), 100u);
  EXPECT_EQ(run->meta("state"), "clean");
}

} // namespace
} // namespace hotloop
