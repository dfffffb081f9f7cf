#include "collectors/python/code_object.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace hotloop::python {
namespace {

int line(const std::vector<std::uint8_t> &table, int first, std::int64_t instruction) {
  return lineOf(table.data(), table.size(), first, instruction);
}

std::uint8_t head(unsigned kind, unsigned units) {
  return static_cast<std::uint8_t>(0x80u | (kind << 3) | (units - 1));
}

TEST(LineTable, EveryKindOfEntry) {
  const std::vector<std::uint8_t> table{
      head(15, 1), // bytes 0-1: no line
      head(14, 2),
      2 << 1,
      0,
      1,
      1, // 2-5: long, +2
      head(0, 1),
      0x11, // 6-7: short, same line
      head(11, 1),
      4,
      9, // 8-9: one line further
      head(13, 3),
      (5u << 1) | 1u, // 10-15: 5 lines back
      head(14, 8),
      0x40 | ((100 << 1) & 63),
      (100 << 1) >> 6,
      0,
      0,
      0, // 16-31: +100 in two bytes
  };
  EXPECT_EQ(line(table, 10, 0), -1);
  EXPECT_EQ(line(table, 10, 2), 12);
  EXPECT_EQ(line(table, 10, 4), 12);
  EXPECT_EQ(line(table, 10, 6), 12);
  EXPECT_EQ(line(table, 10, 8), 13);
  EXPECT_EQ(line(table, 10, 14), 8);
  EXPECT_EQ(line(table, 10, 16), 108);
  EXPECT_EQ(line(table, 10, 30), 108);
  EXPECT_EQ(line(table, 10, 32), -1); // past the end
  EXPECT_EQ(line(table, 10, -2), -1);
  EXPECT_EQ(line({}, 10, 0), -1);
}

TEST(LineTable, CutAnywhereGivesNoLineOrTheRightOne) {
  const std::vector<std::uint8_t> table{head(14, 2), 4, 0, 1, 1, head(13, 1), 2, head(10, 1), 1, 2};
  for (std::size_t bytes = 0; bytes < table.size(); ++bytes) {
    for (std::int64_t at = 0; at < 8; at += 2) {
      const int whole = lineOf(table.data(), table.size(), 1, at);
      const int cut = lineOf(table.data(), bytes, 1, at);
      EXPECT_TRUE(cut == whole || cut == -1) << bytes << " " << at;
    }
  }
}

TEST(LineTable, RandomBytesAreSafe) {
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    // Exactly as large as it says, so that a sanitizer sees a read past it.
    std::vector<std::uint8_t> table(random() % 40);
    for (std::uint8_t &byte : table) {
      byte = static_cast<std::uint8_t>(random());
    }
    const int found = line(table, static_cast<int>(random()), random() % 400);
    EXPECT_TRUE(found == -1 || found > 0);
  }
}

TEST(LibraryFiles, AreToldFromTheUsers) {
  for (const char *file :
       {"/usr/lib/python3.11/threading.py", "/a/lib/python3.12/site-packages/torch/_ops.py",
        "/usr/lib/python3/dist-packages/numpy/core.py", "<frozen runpy>",
        "/opt/lib64/python3.13/json/__init__.py", "/x/lib/python311.zip/os.py"}) {
    EXPECT_TRUE(isLibraryFile(file)) << file;
  }
  for (const char *file :
       {"/home/me/train.py", "train.py", "<stdin>", "<string>", "<ipython-input-3-ab>",
        "/home/me/lib/python3.py", "/home/me/lib/python3.d/x.py", "?", ""}) {
    EXPECT_FALSE(isLibraryFile(file)) << file;
  }
}

// A str as CPython 3.12 lays it out.
std::vector<char> makeText(const Offsets &at, std::uint32_t state, std::int64_t length,
                           const std::string &units, bool ascii) {
  std::vector<char> object(ascii ? at.textAscii : at.textCompact);
  std::memcpy(object.data() + at.textState, &state, sizeof state);
  std::memcpy(object.data() + at.textLength, &length, sizeof length);
  object.insert(object.end(), units.begin(), units.end());
  return object;
}

TEST(Text, EveryWidthBecomesUtf8) {
  const Offsets at = *offsetsFor(3, 12, nullptr);
  char buffer[64];
  auto read = [&](std::uint32_t kind, std::int64_t length, const std::string &units) {
    return std::string(
        textOf(at, makeText(at, (kind << 2) | 32u, length, units, false).data(), buffer, 64));
  };
  EXPECT_EQ(textOf(at, makeText(at, 1u << 2 | 96u, 3, "abc", true).data(), buffer, 64), "abc");
  EXPECT_EQ(read(1, 2, "\xe4z"), "äz");
  EXPECT_EQ(read(2, 2, std::string("\x1f\x90\x61\x00", 4)), "速a");
  EXPECT_EQ(read(4, 1, std::string("\xbb\xd4\x01\x00", 4)), "\xf0\x9d\x92\xbb");
  EXPECT_EQ(read(2, 1, std::string("\x00\xd8", 2)), "\xef\xbf\xbd"); // lone surrogate
  EXPECT_EQ(textOf(at, nullptr, buffer, 64), "?");
  EXPECT_EQ(textOf(at, makeText(at, 4u, 3, "abc", true).data(), buffer, 64), "?"); // not compact
}

TEST(Text, IsCutAtACharacter) {
  const Offsets at = *offsetsFor(3, 12, nullptr);
  char buffer[5];
  const auto text = makeText(at, (1u << 2) | 32u, 4, "\xe4\xe4\xe4\xe4", false);
  EXPECT_EQ(textOf(at, text.data(), buffer, sizeof buffer), "ää");
}

TEST(Offsets, OnlyOfVersionsThatWereVerified) {
  EXPECT_TRUE(offsetsFor(3, 11, nullptr));
  EXPECT_TRUE(offsetsFor(3, 12, nullptr));
  EXPECT_FALSE(offsetsFor(3, 10, nullptr));
  EXPECT_FALSE(offsetsFor(3, 14, nullptr));
  EXPECT_FALSE(offsetsFor(2, 12, nullptr));
  EXPECT_FALSE(offsetsFor(3, 13, nullptr)); // no _PyRuntime
  std::uint64_t runtime[96] = {};
  EXPECT_FALSE(offsetsFor(3, 13, runtime)); // no cookie
  std::memcpy(runtime, "xdebugpy", 8);
  runtime[1] = 0x030e0000;
  EXPECT_FALSE(offsetsFor(3, 13, runtime)); // another version
  runtime[1] = 0x030d00f0;
  EXPECT_TRUE(offsetsFor(3, 13, runtime));
  runtime[2] = 1;
  EXPECT_FALSE(offsetsFor(3, 13, runtime)); // free-threaded
  runtime[2] = 0;
  runtime[30] = std::uint64_t(1) << 40;
  EXPECT_FALSE(offsetsFor(3, 13, runtime)); // not an offset
}

} // namespace
} // namespace hotloop::python
