#include <gmock/gmock.h>

#include <cstring>
#include <string_view>
#include <vector>

#include "collectors/inject/record_decoder.h"
#include "core/trace/trace_builder.h"

namespace hotloop {
namespace {

using ::testing::ElementsAre;

class Decoder : public ::testing::Test {
protected:
  Decoder() { info_.pid = 7; }

  template <class Record>
  std::vector<std::byte> record(Record fixed, ring::RecordType type, std::string_view tail = {}) {
    const std::size_t bytes = (sizeof fixed + tail.size() + 7) / 8 * 8;
    fixed.header = {type, static_cast<std::uint16_t>(bytes)};
    std::vector<std::byte> out(bytes);
    std::memcpy(out.data(), &fixed, sizeof fixed);
    if (!tail.empty()) std::memcpy(out.data() + sizeof fixed, tail.data(), tail.size());
    return out;
  }
  void give(std::uint32_t thread, const std::vector<std::byte> &bytes) {
    decoder_.records(thread, 100 + thread, bytes);
  }
  void giveString(std::uint32_t thread, std::uint32_t id, std::string_view text) {
    give(thread, record(ring::StringRecord{{}, id, static_cast<std::uint32_t>(text.size())},
                        ring::RecordType::kString, text));
  }
  void giveOp(std::uint32_t thread, std::uint32_t name, std::uint32_t location = 0) {
    ring::OpRecord op{};
    op.name = name;
    op.start = 10;
    op.end = 20;
    op.location = location;
    give(thread, record(op, ring::RecordType::kOp));
  }
  TraceView view() {
    auto built = builder_.build();
    if (!built) throw std::runtime_error(built.error().message);
    return *built;
  }

  TraceBuilder builder_;
  ClockMap clocks_{ClockReading{0, 0}};
  CallSites callSites_{builder_};
  DecodeContext context_{builder_, clocks_, callSites_};
  ring::RegionInfo info_;
  RecordDecoder decoder_{context_, ProcessId(1), info_};
};

TEST_F(Decoder, IdsBelongToTheirThread) {
  giveString(1, 1, "one");
  giveString(2, 1, "two");
  giveOp(1, 1);
  giveOp(2, 1);
  const TraceView run = view();
  ASSERT_EQ(run->ops.name.size(), 2u);
  EXPECT_EQ(run.text(run->ops.name[0]), "one");
  EXPECT_EQ(run.text(run->ops.name[1]), "two");
  EXPECT_EQ(context_.damagedRecords, 0);
}

TEST_F(Decoder, UnknownIdsAndKindsAreCounted) {
  giveString(1, 1, "one");
  giveOp(1, 5);
  giveOp(1, 1, 1); // a string is no location
  EXPECT_EQ(context_.damagedRecords, 2);
  EXPECT_EQ(view()->ops.name.size(), 2u);
}

TEST_F(Decoder, UnknownTypesAreCountedAndSkipped) {
  give(1, record(ring::StepRecord{}, static_cast<ring::RecordType>(999)));
  EXPECT_EQ(context_.unknownRecords, 1);
}

TEST_F(Decoder, ShortRecordsAreCountedAndSkipped) {
  std::vector<std::byte> bytes(8);
  const ring::RecordHeader header{ring::RecordType::kOp, 8};
  std::memcpy(bytes.data(), &header, sizeof header);
  give(1, bytes);
  EXPECT_EQ(context_.damagedRecords, 1);
  EXPECT_EQ(context_.events, 0u);
}

TEST_F(Decoder, ForgottenIdsAreGoneAndKeptOnesStay) {
  giveString(1, 1, "kept");
  giveString(1, 2, "gone");
  const std::uint32_t keep = 1;
  give(1, record(ring::ForgetRecord{{}, 1}, ring::RecordType::kForget,
                 {reinterpret_cast<const char *>(&keep), sizeof keep}));
  giveString(1, 3, "new");
  giveOp(1, 1);
  giveOp(1, 3);
  EXPECT_EQ(context_.damagedRecords, 0);
  giveOp(1, 2);
  EXPECT_EQ(context_.damagedRecords, 1);
}

TEST_F(Decoder, AnEndMayBeReadBeforeItsStart) {
  ring::RangeEndRecord end{};
  end.end = 50;
  end.handle = 77;
  give(2, record(end, ring::RecordType::kRangeEnd));
  ring::RangeRecord start{};
  start.start = 30;
  start.handle = 77;
  start.kind = 2;
  give(1, record(start, ring::RecordType::kRangeStart));
  const TraceView run = view();
  ASSERT_EQ(run->ranges.start.size(), 1u);
  EXPECT_EQ(run->ranges.duration[0].count, 20);
  EXPECT_NE(run->ranges.lane[0], run->ranges.endLane[0]);
  EXPECT_EQ(decoder_.openRanges(), 0);
}

TEST_F(Decoder, AddressesAreSettledWhenTheirModuleIsTold) {
  const std::uint64_t address = 0x5000'1234;
  give(1, record(ring::StackRecord{{}, 1, 1, 0}, ring::RecordType::kStack,
                 {reinterpret_cast<const char *>(&address), sizeof address}));
  const std::string path = "/lib/x.so";
  ring::ModuleRecord module{};
  module.pathLength = static_cast<std::uint32_t>(path.size());
  module.base = 0x5000'0000;
  module.begin = 0x5000'0000;
  module.end = 0x5001'0000;
  give(1, record(module, ring::RecordType::kModule, path));
  const TraceView run = view();
  ASSERT_EQ(run->frames.id.size(), 1u);
  EXPECT_EQ(run->frames.offset[0], 0x1234u);
  EXPECT_EQ(run.text(run->frames.module[0]), path);
}

TEST(MayTargetSet, OnlyWhatIsNotTheRecorders) {
  EXPECT_TRUE(mayTargetSet("torch_version"));
  EXPECT_FALSE(mayTargetSet("state"));
  EXPECT_FALSE(mayTargetSet("exit_status"));
  EXPECT_FALSE(mayTargetSet(""));
}

} // namespace
} // namespace hotloop
