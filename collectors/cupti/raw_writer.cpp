#include "collectors/cupti/raw_writer.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "collectors/cupti/raw_format.h"
#include "collectors/inject/producer.h"

namespace hotloop::cupti {
namespace {

constexpr std::size_t kMostBytes = std::size_t(256) << 20;

const char *nameOf(const CUpti_Activity *record) {
  switch (record->kind) {
  case CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL:
    return reinterpret_cast<const CUpti_ActivityKernel10 *>(record)->name;
  case CUPTI_ACTIVITY_KIND_DEVICE:
    return reinterpret_cast<const CUpti_ActivityDevice5 *>(record)->name;
  default: return nullptr;
  }
}

} // namespace

RawWriter::RawWriter() {
  const char *folder = inject::options().rawFolder;
  if (!folder) return;
  char path[PATH_MAX];
  const int length = std::snprintf(path, sizeof path, "%s/%d.cupti", folder, ::getpid());
  if (length > 0 && static_cast<std::size_t>(length) < sizeof path)
    file_ = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file_ < 0) inject::count(ring::Counter::kCallbackFailures);
}

RawWriter::~RawWriter() {
  if (file_ >= 0) ::close(file_);
}

void RawWriter::write(const CuptiApi &api, std::uint8_t *buffer, std::size_t bytes) {
  if (file_ < 0 || written_ > kMostBytes) return;
  if (!begun_) {
    begun_ = true;
    RawHeader header{};
    std::memcpy(header.magic, kRawMagic, sizeof header.magic);
    header.cuptiVersion = api.version;
    put(&header, sizeof header);
  }
  CUpti_Activity *record = nullptr;
  while (api.cuptiActivityGetNextRecord(buffer, bytes, &record) == CUPTI_SUCCESS)
    writeText(nameOf(record));
  const RawBlock block{RawBlockKind::kBuffer, 0, bytes};
  put(&block, sizeof block);
  put(buffer, bytes);
}

void RawWriter::writeText(const char *text) {
  if (!text) return;
  const auto address = reinterpret_cast<std::uintptr_t>(text);
  const char *&known = known_[(address >> 4) % std::size(known_)];
  if (known == text) return;
  known = text;
  const std::size_t length = std::strlen(text);
  const RawBlock block{RawBlockKind::kText, address, length};
  put(&block, sizeof block);
  put(text, length);
}

void RawWriter::put(const void *data, std::size_t bytes) {
  const auto all = [this](const void *from, std::size_t count) {
    const auto *at = static_cast<const char *>(from);
    while (count > 0 && file_ >= 0) {
      const ssize_t wrote = ::write(file_, at, count);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) { // disk full
        ::close(file_);
        file_ = -1;
        return inject::count(ring::Counter::kCallbackFailures);
      }
      at += wrote;
      count -= static_cast<std::size_t>(wrote);
    }
  };
  static constexpr char kPadding[8] = {};
  all(data, bytes);
  all(kPadding, (8 - bytes % 8) % 8);
  written_ += bytes;
}

} // namespace hotloop::cupti
