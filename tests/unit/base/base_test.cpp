#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/base/sha256.h"
#include "core/base/time.h"
#include "core/base/unique_handle.h"

namespace hotloop {
namespace {

Result<int> parse(bool works) {
  if (!works) return Unexpected(notFound("There is no number"));
  return 7;
}
Result<int> doubled(bool works) {
  HOTLOOP_ASSIGN(const int number, parse(works));
  return 2 * number;
}
Result<void> checked(bool works) {
  HOTLOOP_TRY(parse(works));
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  const Result<int> good = parse(true);
  ASSERT_TRUE(good);
  EXPECT_TRUE(good.has_value());
  EXPECT_EQ(*good, 7);
  EXPECT_EQ(good.value_or(1), 7);
  const Result<int> bad = parse(false);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(bad.value_or(1), 1);
}

TEST(Result, PassesErrorsOn) {
  EXPECT_EQ(doubled(true).value(), 14);
  EXPECT_EQ(doubled(false).error().message, "There is no number");
  EXPECT_TRUE(checked(true));
  EXPECT_EQ(checked(false).error().kind, ErrorKind::kNotFound);
}

TEST(Result, MovesValuesThatCannotBeCopied) {
  Result<std::unique_ptr<int>> made(std::make_unique<int>(5));
  EXPECT_EQ(**made, 5);
  const std::unique_ptr<int> taken = std::move(made).value();
  EXPECT_EQ(*taken, 5);
}

TEST(Result, OfVoidCostsOnePointer) { EXPECT_EQ(sizeof(Result<void>), sizeof(void *)); }

TEST(Error, OfASystemCallSaysWhatAndWhy) {
  const Error error = systemError(ENOENT, "run.hotloop: cannot be opened");
  EXPECT_EQ(error.kind, ErrorKind::kNotFound);
  EXPECT_EQ(error.message, "run.hotloop: cannot be opened: No such file or directory");
  EXPECT_EQ(systemError(EACCES, "x").kind, ErrorKind::kPermission);
  EXPECT_EQ(systemError(ENOSPC, "x").kind, ErrorKind::kNoSpace);
  EXPECT_EQ(systemError(EBUSY, "x").kind, ErrorKind::kBusy);
}

TEST(Ids, AreTypesOfTheirOwnAndZeroIsNone) {
  static_assert(!std::is_convertible_v<std::uint32_t, ThreadId>);
  static_assert(!std::is_convertible_v<StreamId, ThreadId>);
  EXPECT_FALSE(ThreadId());
  EXPECT_TRUE(ThreadId(1));
  EXPECT_LT(ThreadId(1), ThreadId(2));
  const std::unordered_set<ThreadId> set = {ThreadId(1), ThreadId(1), ThreadId(2)};
  EXPECT_EQ(set.size(), 2u);
}

TEST(Time, AddsSubtractsAndConverts) {
  Nanoseconds time(1'500'000);
  time += Nanoseconds(500'000);
  time -= Nanoseconds(1'000'000);
  EXPECT_EQ(time, Nanoseconds(1'000'000));
  EXPECT_EQ((time - Nanoseconds(3'000'000)).count, -2'000'000);
  EXPECT_EQ((time + time).milliseconds(), 2.0);
  EXPECT_EQ(Nanoseconds(2'000'000'000).seconds(), 2.0);
}

TEST(Time, TheClockNeverGoesBack) {
  Nanoseconds before = monotonicNow();
  EXPECT_GT(before.count, 0);
  for (int i = 0; i < 1'000; ++i) {
    const Nanoseconds now = monotonicNow();
    ASSERT_LE(before, now);
    before = now;
  }
}

std::vector<int> closed;
struct TestTraits {
  using Type = int;
  static Type invalid() { return -1; }
  static void close(Type handle) { closed.push_back(handle); }
};
using TestHandle = UniqueHandle<TestTraits>;

TEST(UniqueHandle, ClosesEachHandleOnce) {
  closed.clear();
  {
    TestHandle none;
    EXPECT_FALSE(none);
    TestHandle first(1);
    EXPECT_TRUE(first);
    TestHandle moved(std::move(first));
    EXPECT_EQ(moved.get(), 1);
    TestHandle second(2);
    second = std::move(moved); // closes 2
    EXPECT_EQ(closed, std::vector<int>({2}));
    TestHandle third(3);
    EXPECT_EQ(third.release(), 3);
    second.reset(4); // closes 1
    TestHandle &self = second;
    second = std::move(self);
    EXPECT_EQ(second.get(), 4);
  }
  EXPECT_EQ(closed, std::vector<int>({2, 1, 4}));
}

TEST(Sha256, GivesThePublishedDigests) { // FIPS 180-4 examples, and lengths around a block
  EXPECT_EQ(sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256Hex(std::string(1000, 'a')),
            "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
  EXPECT_EQ(sha256Hex(std::string(55, 'x')),
            "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072");
  EXPECT_EQ(sha256Hex(std::string(56, 'x')),
            "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e");
  EXPECT_EQ(sha256Hex(std::string(64, 'x')),
            "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c");
}

} // namespace
} // namespace hotloop
