// Damaged and hostile rings: the reader and the decoder must take any bytes.

#include <array>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "collectors/inject/record_decoder.h"
#include "core/trace/trace_builder.h"
#include "tests/fuzz/fuzz_driver.h"
#include "tests/unit/ring/region_files.h"

namespace hotloop::fuzz {
namespace {

using test_support::Random;

constexpr std::array kTypes{
    ring::RecordType::kString,  ring::RecordType::kPythonFrame, ring::RecordType::kStack,
    ring::RecordType::kModule,  ring::RecordType::kThreadName,  ring::RecordType::kMeta,
    ring::RecordType::kForget,  ring::RecordType::kOp,          ring::RecordType::kAllocation,
    ring::RecordType::kRange,   ring::RecordType::kStep,        ring::RecordType::kRangeStart,
    ring::RecordType::kRangeEnd};

// One record: mostly of a known type and a sensible size, with small numbers in most words so that
// ids, lengths and counts meet.
void appendRecord(std::vector<std::byte> &bytes, Random &random, std::uint32_t &nextId) {
  ring::RecordHeader header;
  header.type = random.below(20) == 0 ? static_cast<ring::RecordType>(random.next())
                                      : kTypes[random.below(kTypes.size())];
  std::size_t size = 8 * (1 + random.below(12));
  header.bytes = static_cast<std::uint16_t>(random.below(50) == 0 ? random.next() : size);
  const std::size_t at = bytes.size();
  bytes.resize(at + size);
  for (std::size_t i = 0; i + 4 <= size; i += 4) {
    auto word = static_cast<std::uint32_t>(random.below(4) == 0 ? random.next() : random.below(40));
    std::memcpy(bytes.data() + at + i, &word, 4);
  }
  std::memcpy(bytes.data() + at, &header, sizeof header);
  if (header.type == ring::RecordType::kString || header.type == ring::RecordType::kPythonFrame ||
      header.type == ring::RecordType::kStack) {
    if (random.below(8) != 0) {
      std::memcpy(bytes.data() + at + 4, &nextId, 4);
      ++nextId;
    }
  }
}

class RingTarget final : public Target {
public:
  RingTarget() {
    ring::RegionWriter writer;
    if (writer.create(testing::regionSpec(folder_)) != 0) std::abort();
    writer.unmap();
    file_ = ::open((folder_.path() + "/77-0.ring").c_str(), O_RDWR);
    sound_.resize(ring::payloadOffset(chunks_, 0));
    if (::pread(file_, sound_.data(), sound_.size(), 0) != static_cast<ssize_t>(sound_.size()))
      std::abort();
  }
  ~RingTarget() override { ::close(file_); }

  std::string run(Random &random) override {
    writeRegion(random);
    auto opened = ring::RegionReader::open(folder_.path() + "/77-0.ring");
    if (!opened || !*opened) return "";
    TraceBuilder builder;
    ClockMap clocks(ClockReading{0, 0});
    clocks.update({2'000'000, 1'000'000});
    CallSites callSites(builder);
    DecodeContext context{builder, clocks, callSites};
    RecordDecoder decoder(context, ProcessId(1), (*opened)->info());
    (*opened)->drain(decoder);
    (*opened)->drain(decoder);
    if (context.damagedRecords < 0 || context.unknownRecords < 0) return "negative counts";
    const auto view = builder.build();
    if (!view) return "";
    if ((*view)->ops.start.size() + (*view)->steps.start.size() > context.events)
      return "more events than were counted";
    return "";
  }

private:
  void writeRegion(Random &random) {
    std::vector<std::byte> head = sound_;
    const std::size_t used = 1 + random.below(3);
    std::uint32_t nextId = 1;
    for (std::size_t i = 0; i < used; ++i) {
      std::vector<std::byte> records;
      const std::size_t count = random.below(40);
      for (std::size_t r = 0; r < count; ++r) appendRecord(records, random, nextId);
      put(head, chunk(i, offsetof(ring::ChunkHeader, state)),
          static_cast<std::uint32_t>(1 + random.below(2)));
      put(head, chunk(i, offsetof(ring::ChunkHeader, threadOrdinal)),
          static_cast<std::uint32_t>(1 + random.below(2)));
      put(head, chunk(i, offsetof(ring::ChunkHeader, sequence)), static_cast<std::uint32_t>(i));
      put(head, chunk(i, offsetof(ring::ChunkHeader, committed)),
          static_cast<std::uint32_t>(records.size()));
      write(ring::payloadOffset(chunks_, i), records);
    }
    for (std::uint64_t flips = random.below(3); flips > 0; --flips) {
      // The header, or the part of the table that is used.
      const std::size_t at =
          random.below(2) == 0 ? random.below(sizeof(ring::RegionHeader))
                               : ring::tableOffset() + random.below(4 * sizeof(ring::ChunkHeader));
      head[at] = static_cast<std::byte>(random.next());
    }
    write(0, head);
  }
  static std::size_t chunk(std::size_t index, std::size_t field) {
    return ring::tableOffset() + index * sizeof(ring::ChunkHeader) + field;
  }
  static void put(std::vector<std::byte> &bytes, std::size_t at, std::uint32_t value) {
    std::memcpy(bytes.data() + at, &value, sizeof value);
  }
  void write(std::size_t at, const std::vector<std::byte> &bytes) {
    if (::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(at)) !=
        static_cast<ssize_t>(bytes.size()))
      std::abort();
  }

  testing::RegionFolder folder_;
  std::size_t chunks_ = ring::chunksIn(ring::kSmallestRegionBytes);
  int file_ = -1;
  std::vector<std::byte> sound_;
};

} // namespace

std::unique_ptr<Target> makeTarget() { return std::make_unique<RingTarget>(); }

} // namespace hotloop::fuzz
