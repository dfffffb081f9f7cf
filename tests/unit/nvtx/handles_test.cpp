#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "collectors/nvtx/handles.h"

namespace hotloop {
namespace {

TEST(NvtxHandles, ADomainIsMadeOnce) {
  const nvtx::Domain *first = nvtx::domain("handles test");
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(nvtx::domain("handles test"), first);
  EXPECT_NE(nvtx::domain("another"), first);
  EXPECT_GT(first->index, 0u);
}

TEST(NvtxHandles, ThreadsAgreeOnADomain) {
  std::vector<const nvtx::Domain *> found(8);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < found.size(); ++i)
    threads.emplace_back([&found, i] { found[i] = nvtx::domain("contended"); });
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(std::set<const nvtx::Domain *>(found.begin(), found.end()).size(), 1u);
}

TEST(NvtxHandles, WideTextsBecomeUtf8AndAreCutAtACharacter) {
  char buffer[8];
  EXPECT_EQ(nvtx::narrow(L"aé中", buffer, sizeof buffer), "aé中");
  EXPECT_EQ(nvtx::narrow(L"aé中中", buffer, sizeof buffer), "aé中");
  EXPECT_EQ(nvtx::narrow(nullptr, buffer, sizeof buffer), "");
  const wchar_t bad[] = {static_cast<wchar_t>(0xd800), L'x', 0};
  EXPECT_EQ(nvtx::narrow(bad, buffer, sizeof buffer), "\xef\xbf\xbdx");
}

} // namespace
} // namespace hotloop
