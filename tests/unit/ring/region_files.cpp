#include "tests/unit/ring/region_files.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace hotloop::testing {

RegionFolder::RegionFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "hotloop-ring-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

RegionFolder::~RegionFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

ring::RegionSpec regionSpec(const RegionFolder &folder, std::size_t bytes) {
  ring::RegionSpec spec;
  spec.folder = folder.path().c_str();
  spec.pid = 77;
  spec.parentPid = 76;
  spec.startStamp = 12345;
  spec.rank = 3;
  spec.executable = "program";
  spec.commandLine = "program\0--flag\0";
  spec.commandLineLength = 15;
  spec.bytes = bytes;
  return spec;
}

bool NumberWriter::write(std::uint64_t number, std::uint32_t extraWords) {
  const std::size_t bytes = sizeof(NumberRecord) + extraWords * sizeof number;
  std::byte *room = cursor_.reserve(bytes);
  if (!room) {
    cursor_.seal();
    ring::ChunkHeader *chunk = region_.claim(ordinal_, 1000 + ordinal_, sequence_);
    if (!chunk) {
      region_.count(ring::Counter::kDroppedRecords, 1);
      return false;
    }
    ++sequence_;
    cursor_.start(chunk, region_.payload(chunk));
    room = cursor_.reserve(bytes);
  }
  const NumberRecord record{
      {ring::RecordType::kOp, static_cast<std::uint16_t>(bytes)}, extraWords, number};
  std::memcpy(room, &record, sizeof record);
  for (std::uint32_t i = 0; i < extraWords; ++i)
    std::memcpy(room + sizeof record + i * sizeof number, &number, sizeof number);
  cursor_.commit(bytes);
  return true;
}

void NumberCollector::records(std::uint32_t threadOrdinal, std::uint32_t osTid,
                              std::span<const std::byte> records) {
  if (osTid != 1000 + threadOrdinal) broken = true;
  if (numbers.size() <= threadOrdinal) numbers.resize(threadOrdinal + 1);
  for (std::size_t at = 0; at < records.size();) {
    NumberRecord record;
    std::memcpy(&record, records.data() + at, sizeof record);
    if (record.header.bytes != sizeof record + record.count * 8u) {
      broken = true;
      return;
    }
    for (std::uint32_t i = 0; i < record.count; ++i) {
      std::uint64_t word = 0;
      std::memcpy(&word, records.data() + at + sizeof record + i * sizeof word, sizeof word);
      if (word != record.number) broken = true;
    }
    auto &mine = numbers[threadOrdinal];
    if (!mine.empty() && record.number <= mine.back()) broken = true;
    mine.push_back(record.number);
    at += record.header.bytes;
  }
}

} // namespace hotloop::testing
