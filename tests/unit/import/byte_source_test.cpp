#include "core/input/byte_source.h"

#include "tests/unit/import/import_files.h"

namespace hotloop {
namespace {

class ByteSourceTest : public ImportFiles {
protected:
  static std::string all(ByteSource &source, std::size_t piece) {
    std::string text;
    std::string buffer(piece, '\0');
    while (true) {
      const auto got = source.read(buffer.data(), piece);
      EXPECT_TRUE(got);
      if (!got || *got == 0) return text;
      text.append(buffer, 0, *got);
    }
  }
};

TEST_F(ByteSourceTest, GivesTheSameBytesPlainAndCompressed) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i) + ",";
  auto plain = ByteSource::open(write("a", text));
  auto compressed = ByteSource::open(writeGzip("b", text));
  ASSERT_TRUE(plain && compressed);
  EXPECT_FALSE(plain->compressed());
  EXPECT_TRUE(compressed->compressed());
  EXPECT_EQ(all(*plain, 1000), text);
  EXPECT_EQ(all(*compressed, 70'001), text);
  EXPECT_EQ(compressed->trouble(), "");
}

TEST_F(ByteSourceTest, ReadsSeveralMembersAsOne) {
  writeGzip("a", "hello ");
  writeGzip("b", "world");
  std::ifstream a(path("a"), std::ios::binary), b(path("b"), std::ios::binary);
  std::ofstream(path("c"), std::ios::binary) << a.rdbuf() << b.rdbuf() << std::string(40, '\0');
  auto source = ByteSource::open(path("c"));
  ASSERT_TRUE(source);
  EXPECT_EQ(all(*source, 4), "hello world");
}

TEST_F(ByteSourceTest, TellsWhereACompressedFileWasCut) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919);
  writeGzip("a", text);
  std::filesystem::resize_file(path("a"), std::filesystem::file_size(path("a")) / 2);
  auto source = ByteSource::open(path("a"));
  ASSERT_TRUE(source);
  const std::string got = all(*source, 5000);
  EXPECT_GT(got.size(), text.size() / 4);
  EXPECT_EQ(got, text.substr(0, got.size()));
  EXPECT_NE(source->trouble(), "");
}

TEST_F(ByteSourceTest, SaysWhatCannotBeOpened) {
  EXPECT_FALSE(ByteSource::open(path("absent")));
  EXPECT_FALSE(ByteSource::open(folder_));
  EXPECT_FALSE(ByteSource::open(write("empty", "")));
}

} // namespace
} // namespace hotloop
