#include "collectors/import/memory_snapshot/pickle.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <sstream>

#include "tests/unit/import/import_files.h"

namespace hotloop {
namespace {

using testing::HasSubstr;

TEST(Pickle, ReadsPlainData) {
  // pickle.dumps({"a": [1, -2, 2**40, True, None], "b": ("x", {})}, 2)
  const std::string bytes("\x80\x02}q\0(X\x01\0\0\0aq\x01]q\x02(K\x01J\xfe\xff\xff\xff\x8a\x06\0\0"
                          "\0\0\0\x01\x88NeX\x01\0\0\0bq\x03X\x01\0\0\0xq\x04}q\x05\x86q\x06u.",
                          60);
  const auto pickle = Pickle::parse(bytes);
  ASSERT_TRUE(pickle) << pickle.error().message;
  const auto &list = pickle->elements(pickle->member(pickle->root(), "a"));
  ASSERT_EQ(list.size(), 5u);
  EXPECT_EQ(pickle->integer(list[0]), 1);
  EXPECT_EQ(pickle->integer(list[1]), -2);
  EXPECT_EQ(pickle->integer(list[2]), std::int64_t{1} << 40);
  EXPECT_EQ(pickle->integer(list[3]), 1);
  EXPECT_EQ(pickle->kind(list[4]), Pickle::Kind::kNone);
  const auto &pair = pickle->elements(pickle->member(pickle->root(), "b"));
  ASSERT_EQ(pair.size(), 2u);
  EXPECT_EQ(pickle->text(pair[0]), "x");
  EXPECT_EQ(pickle->member(pickle->root(), "absent"), 0u);
}

TEST(Pickle, NeverRunsAnything) {
  // os.system("true"), in protocols 0 and 4
  for (const std::string &bytes :
       {std::string("cos\nsystem\n(S'true'\ntR."),
        std::string(
            "\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x04true\x94\x85\x94R\x94.")}) {
    const auto pickle = Pickle::parse(bytes);
    ASSERT_FALSE(pickle);
    EXPECT_THAT(pickle.error().message, HasSubstr("wants to run code"));
  }
}

TEST(Pickle, SaysWhereItIsDamaged) {
  for (const std::string_view bytes : {"\x80\x04", "\x80\x04.", "\x80\x04K", "\x80\x04]a.",
                                       "\x80\x04h\x07.", "\x80\x04u.", "\x80\x04K\x01K\x02s."})
    EXPECT_THAT(Pickle::parse(bytes).error().message, HasSubstr("damaged at byte"));
}

class Snapshots : public ImportFiles {};

TEST_F(Snapshots, SeedsOfTheFuzzTargetsHoldWhatTheyShould) {
  const std::filesystem::path corpus =
      std::filesystem::path(std::getenv("HOTLOOP_SOURCE_DIR")) / "tests/fuzz/corpus";
  const TraceView trace = view(corpus / "snapshot_0.pickle");
  ASSERT_GE(trace->allocations.start.size(), 4u);
  EXPECT_TRUE(trace->allocations.stack[0]);
  EXPECT_EQ(trace->allocations.allocator[0], Allocator::kTorchCuda);
  EXPECT_EQ(quality(view(corpus / "snapshot_1.pickle"), "import_order_only"), 1);
  EXPECT_EQ(view(corpus / "snapshot_2.pickle")->allocations.bytes.size(), 1u);
}

TEST_F(Snapshots, OtherPicklesAreRefused) {
  EXPECT_THAT(failure(write("a.pickle", std::string_view("\x80\x04}.", 4))),
              HasSubstr("no memory snapshot"));
}

} // namespace
} // namespace hotloop
