#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "collectors/cupti/buffer_pool.h"

namespace hotloop::cupti {
namespace {

TEST(BufferPool, GivesEachBufferOnceAndThenNone) {
  BufferPool pool;
  ASSERT_TRUE(pool.create());
  std::vector<std::uint8_t *> taken;
  while (std::uint8_t *buffer = pool.take()) {
    for (const std::uint8_t *other : taken) EXPECT_NE(other, buffer);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer) % 4096, 0u);
    taken.push_back(buffer);
  }
  EXPECT_EQ(taken.size(), BufferPool::kBuffers);
  EXPECT_EQ(pool.refused(), 1u);
  EXPECT_EQ(pool.inUse(), BufferPool::kBuffers);
  pool.giveBack(taken[5]);
  EXPECT_EQ(pool.take(), taken[5]);
}

TEST(BufferPool, CompletedOnesComeInOrderAndGoBackZeroed) {
  BufferPool pool;
  ASSERT_TRUE(pool.create());
  std::uint8_t *first = pool.take(), *second = pool.take();
  std::memset(second, 1, 100);
  pool.complete(second, 100);
  pool.complete(first, 7);
  BufferPool::Completed completed;
  ASSERT_TRUE(pool.next(completed));
  EXPECT_EQ(completed.buffer, second);
  EXPECT_EQ(completed.bytes, 100u);
  ASSERT_TRUE(pool.next(completed));
  EXPECT_EQ(completed.buffer, first);
  EXPECT_FALSE(pool.next(completed));
  pool.giveBack(second);
  EXPECT_EQ(second[0], 0);
  EXPECT_EQ(second[99], 0);
}

TEST(BufferPool, IgnoresWhatIsNotItsOwn) {
  BufferPool pool;
  std::uint8_t other[8];
  pool.complete(other, 8); // before it has memory
  ASSERT_TRUE(pool.create());
  pool.complete(other, 8);
  BufferPool::Completed completed;
  EXPECT_FALSE(pool.next(completed));
}

TEST(BufferPool, ManyThreadsOneDecoder) {
  BufferPool pool;
  ASSERT_TRUE(pool.create());
  constexpr int kThreads = 4, kRounds = 500;
  std::atomic<int> handedIn{0}, running{kThreads};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        std::uint8_t *buffer = pool.take();
        if (!buffer) {
          std::this_thread::yield();
          continue;
        }
        buffer[0] = static_cast<std::uint8_t>(t + 1);
        pool.complete(buffer, 8);
        ++handedIn;
      }
      --running;
    });
  int decoded = 0;
  BufferPool::Completed completed;
  while (running > 0 || decoded < handedIn) {
    if (!pool.next(completed)) {
      std::this_thread::yield();
      continue;
    }
    ++decoded;
    EXPECT_GE(completed.buffer[0], 1);
    EXPECT_LE(completed.buffer[0], kThreads);
    pool.giveBack(completed.buffer);
  }
  for (auto &thread : threads) thread.join();
  EXPECT_EQ(decoded, handedIn);
  EXPECT_EQ(pool.inUse(), 0u);
}

} // namespace
} // namespace hotloop::cupti
