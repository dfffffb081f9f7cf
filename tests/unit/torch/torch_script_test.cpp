#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/torch/torch_run.h"

// Python programs with the LibTorch wheel, which Python opens with RTLD_LOCAL.
namespace hotloop::testing {
namespace {

using ::testing::HasSubstr;

class TorchScript : public ::testing::Test {
protected:
  void SetUp() override {
    if (torchPython().empty()) {
      GTEST_SKIP() << "no Python that imports torch: name one in HOTLOOP_TEST_TORCH_PYTHON";
    }
  }
  static TraceView recordScript(const std::string &what, const std::string &output = {}) {
    return recordTorch({torchPython(), torchScript(), what}, output);
  }
  static std::string text(const std::string &path) {
    std::ifstream in(path);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
  }
};

TEST_F(TorchScript, EveryOperatorHasItsPythonLine) {
  const TraceView run = recordScript("train");
  EXPECT_EQ(run.meta("torch_attachment"), "plugin");
  EXPECT_FALSE(run.meta("python_version").empty());
  const std::uint32_t linear = lineMarked(torchScript(), "linear");
  const std::uint32_t backward = lineMarked(torchScript(), "backward");
  std::set<std::string> onLinear;
  int nodes = 0;
  for (const Op &op : opsOf(run)) {
    if (op.name == "aten::linear" || op.name == "aten::relu" || op.name == "aten::mm") {
      // The operator's own line, though torch/nn/functional.py lies between.
      if (op.line == linear) {
        EXPECT_EQ(op.function, "train");
        EXPECT_EQ(op.file, torchScript());
        EXPECT_TRUE(op.user);
        onLinear.insert(op.name);
      }
    }
    if (op.scope == 1) {
      ++nodes;
      EXPECT_EQ(op.line, backward) << op.name; // CPU backward runs on the calling thread
    }
  }
  EXPECT_EQ(onLinear, (std::set<std::string>{"aten::linear", "aten::mm", "aten::relu"}));
  EXPECT_GT(nodes, 6);
  EXPECT_EQ(qualitySentence(run, "python_frames_refused"), "");
}

TEST_F(TorchScript, ReadBackHasPythonAndNativeFrames) {
  const TraceView run = recordScript("train");
  int seen = 0;
  for (const Op &op : opsOf(run)) {
    if (op.name != "aten::_local_scalar_dense") {
      continue;
    }
    ++seen;
    EXPECT_EQ(op.line, lineMarked(torchScript(), "item"));
    EXPECT_EQ(op.function, "read");
    const std::vector<StackFrame> stack = stackOf(run, op.stack);
    std::vector<std::string> python;
    std::size_t native = 0;
    for (const StackFrame &frame : stack) {
      if (frame.python) {
        python.push_back(frame.function);
      } else {
        EXPECT_TRUE(python.empty()) << "Python frames are the callers of native ones";
        ++native;
      }
    }
    EXPECT_EQ(python, (std::vector<std::string>{"read", "train", "<module>"}));
    EXPECT_GE(native, 3u);
  }
  EXPECT_EQ(seen, 3);
}

TEST_F(TorchScript, ThreadsHaveTheirOwnLines) {
  std::set<std::uint32_t> threads;
  int adds = 0;
  for (const Op &op : opsOf(recordScript("workers"))) {
    if (op.name == "aten::add_" && op.depth == 0) {
      EXPECT_EQ(op.line, lineMarked(torchScript(), "worker"));
      threads.insert(op.thread);
      ++adds;
    }
  }
  EXPECT_EQ(threads.size(), 3u);
  EXPECT_EQ(adds, 60);
}

TEST_F(TorchScript, OverloadsOfRepeatInterleaveAreTold) {
  const std::vector<std::string> names = namesOf(opsOf(recordScript("shapes")));
  auto times = [&](const char *name) { return std::count(names.begin(), names.end(), name); };
  EXPECT_EQ(times("aten::repeat_interleave.self_int"), 1);
  EXPECT_EQ(times("aten::repeat_interleave.self_Tensor"), 1);
  EXPECT_EQ(times("aten::repeat_interleave"), 1);
  EXPECT_EQ(times("aten::one_hot"), 1);
  EXPECT_EQ(times("aten::nonzero"), 1) << "under the boolean mask";
}

TEST_F(TorchScript, AForkedChildIsRecordedToo) {
  const TraceView run = recordScript("fork");
  std::set<std::uint32_t> processes;
  int mul = 0;
  for (const Op &op : opsOf(run)) {
    if (op.name == "aten::mul_" && op.depth == 0) {
      processes.insert(run->threads.process[op.thread - 1].value);
      EXPECT_EQ(op.function, "fork");
      ++mul;
    }
  }
  EXPECT_EQ(mul, 5);
  EXPECT_EQ(processes.size(), 1u);
  EXPECT_EQ(run->processes.id.size(), 2u);
}

TEST_F(TorchScript, TorchProfilerSeesTheSameWithAndWithoutUs) {
  const std::string folder = ::testing::TempDir();
  for (const std::string what : {"profiled", "profiled-memory"}) {
    const std::string plain = folder + "/" + what + ".plain";
    const std::string recorded = folder + "/" + what + ".recorded";
    const std::string command =
        "'" + torchPython() + "' '" + torchScript() + "' " + what + " >'" + plain + "' 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const TraceView run = recordScript(what, recorded);
    EXPECT_EQ(text(plain), text(recorded)) << what;
    EXPECT_EQ(text(plain).find("[memory]") != std::string::npos, what == "profiled-memory");
    EXPECT_THAT(text(plain), HasSubstr("aten::mul"));
    // And we see it, and our own events.
    EXPECT_NE(qualitySentence(run, "torch_profiler_seen"), "") << what;
    const std::vector<std::string> names = namesOf(opsOf(run));
    EXPECT_THAT(names, ::testing::Contains("mine"));
    EXPECT_EQ(std::count(names.begin(), names.end(), "aten::item"), 5);
    EXPECT_GT(run->allocations.start.size(), 20u);
    std::filesystem::remove(plain);
    std::filesystem::remove(recorded);
  }
}

TEST_F(TorchScript, ReplicaGivesTheSameNamesAndLines) {
  ::setenv("HOTLOOP_TORCH_ATTACH", "replica", 1);
  const TraceView replica = recordScript("train");
  ::unsetenv("HOTLOOP_TORCH_ATTACH");
  const TraceView plugin = recordScript("train");
  EXPECT_EQ(replica.meta("torch_attachment"), "replica");
  const std::vector<Op> a = opsOf(replica);
  const std::vector<Op> b = opsOf(plugin);
  ASSERT_EQ(namesOf(a), namesOf(b));
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].line, b[i].line) << a[i].name;
  }
}

} // namespace
} // namespace hotloop::testing
