#include "tests/unit/cupti/raw_file.h"

#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "collectors/cupti/raw_format.h"

namespace hotloop::testing {

using namespace cupti;

RawFile::RawFile(const std::string &path, const CuptiApi &api) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> all((std::istreambuf_iterator<char>(file)), {});
  RawHeader header;
  if (all.size() < sizeof header) throw std::runtime_error(path + " is no raw file");
  std::memcpy(&header, all.data(), sizeof header);
  if (std::memcmp(header.magic, kRawMagic, sizeof kRawMagic) != 0)
    throw std::runtime_error(path + " is no raw file");
  version_ = header.cuptiVersion;
  for (std::size_t at = sizeof header; at < all.size();) {
    RawBlock block;
    if (all.size() - at < sizeof block) throw std::runtime_error(path + " ends in a block");
    std::memcpy(&block, all.data() + at, sizeof block);
    at += sizeof block;
    const std::size_t padded = (block.bytes + 7) / 8 * 8;
    if (all.size() - at < padded) throw std::runtime_error(path + " ends in a block");
    if (block.kind == RawBlockKind::kText) {
      texts_[block.address].assign(all.data() + at, block.bytes);
    } else {
      Buffer buffer{std::make_unique<std::uint64_t[]>(padded / 8 + 1), block.bytes};
      std::memcpy(buffer.data(), all.data() + at, block.bytes);
      settleTexts(buffer, api);
      buffers_.push_back(std::move(buffer));
    }
    at += padded;
  }
}

void RawFile::settleTexts(const Buffer &buffer, const CuptiApi &api) {
  const auto settle = [this](const char *&name) {
    const auto found = texts_.find(reinterpret_cast<std::uintptr_t>(name));
    name = found == texts_.end() ? nullptr : found->second.c_str();
  };
  CUpti_Activity *record = nullptr;
  while (api.cuptiActivityGetNextRecord(buffer.data(), buffer.bytes, &record) == CUPTI_SUCCESS) {
    if (record->kind == CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) {
      auto *kernel = reinterpret_cast<CUpti_ActivityKernel10 *>(record);
      const char *name = kernel->name;
      settle(name);
      kernel->name = name;
    } else if (record->kind == CUPTI_ACTIVITY_KIND_DEVICE) {
      auto *device = reinterpret_cast<CUpti_ActivityDevice5 *>(record);
      const char *name = device->name;
      settle(name);
      device->name = name;
    }
  }
}

} // namespace hotloop::testing
