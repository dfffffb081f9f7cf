#include "collectors/torch/version.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "collectors/torch/profiler_view.h"

namespace hotloop::torch_collector {
namespace {

TEST(TorchVersion, OfAPythonPackage) {
  EXPECT_EQ(versionOfPython("from typing import Optional\n\n__all__ = ['__version__', 'debug']\n"
                            "__version__ = '2.11.0+cu130'\ndebug = False\n"),
            "2.11.0+cu130");
  EXPECT_EQ(versionOfPython("__version__: str = \"2.10.1\"\n"), "2.10.1");
  EXPECT_EQ(versionOfPython("__all__ = ['__version__']\n"), "");
  EXPECT_EQ(versionOfPython("__version__ = unknown()\n"), "");
  EXPECT_EQ(versionOfPython("__version__ = 'cut"), "");
  EXPECT_EQ(versionOfPython(""), "");
}

TEST(TorchVersion, ReleaseIsExactOrNothing) {
  EXPECT_EQ(release("2.11.0"), "2.11.0");
  EXPECT_EQ(release("2.11.0+cu130"), "2.11.0");
  EXPECT_EQ(release("2.11.0+cpu.cxx11.abi"), "2.11.0");
  for (const char *other : {"2.12.0.dev20260428+cu130", "2.11.0a0+git70d99e9", "2.11", "2.11.",
                            "2..0", "2.11.0rc1", "2.11.0.1", "", "+cu130", "unknown", ".2.1"}) {
    EXPECT_EQ(release(other), "") << other;
  }
}

TEST(TorchVersion, IsReadBesideTheLibrary) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / "torch version ü";
  std::filesystem::create_directories(folder / "lib");
  const std::string library = folder / "lib" / "libtorch_cpu.so";
  EXPECT_EQ(versionBeside(library), "");
  std::ofstream(folder / "build-version") << "2.9.0+cpu\n";
  EXPECT_EQ(versionBeside(library), "2.9.0+cpu");
  std::ofstream(folder / "version.py") << "__version__ = '2.11.0+cu130'\n";
  EXPECT_EQ(versionBeside(library), "2.11.0+cu130");
  std::ofstream(folder / "version.py") << "__version__ = '2.11; rm -rf /'\n"; // goes into sentences
  EXPECT_EQ(versionBeside(library), "");
  EXPECT_EQ(versionBeside("libtorch_cpu.so"), "");
  std::filesystem::remove_all(folder);
}

// As ProfiledCPUMemoryReporter of LibTorch does it.
TEST(ProfilerView, OnlyBlocksTakenWhileItListens) {
  ProfilerView view;
  int a = 0;
  int b = 0;
  EXPECT_FALSE(view.report(&a, -100).seen) << "taken before it listened";
  const auto taken = view.report(&a, 100);
  EXPECT_TRUE(taken.seen);
  EXPECT_EQ(taken.totalAllocated, 100u);
  EXPECT_EQ(view.report(&b, 50).totalAllocated, 150u);
  const auto freed = view.report(&a, -100);
  EXPECT_TRUE(freed.seen);
  EXPECT_EQ(freed.totalAllocated, 50u);
  EXPECT_FALSE(view.report(&a, -100).seen);
}

} // namespace
} // namespace hotloop::torch_collector
