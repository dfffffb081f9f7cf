#include "core/input/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "core/base/unique_handle.h"

namespace hotloop {

namespace {

constexpr std::size_t kRawBytes = 256u << 10;
// 15 window bits, gzip header expected.
constexpr int kGzipWindow = 15 + 16;

struct DescriptorTraits {
  using Type = int;
  static Type invalid() { return -1; }
  static void close(Type descriptor) { ::close(descriptor); }
};
using Descriptor = UniqueHandle<DescriptorTraits>;

} // namespace

struct ByteSource::State {
  std::string path;
  Descriptor file;
  std::uint64_t fileBytes = 0;
  std::uint64_t consumed = 0;
  bool compressed = false;
  bool ended = false;
  bool memberOpen = false; // inside of a gzip member
  std::string trouble;
  z_stream inflater{};
  bool inflaterReady = false;
  std::array<unsigned char, kRawBytes> raw{};
  std::size_t rawBegin = 0;
  std::size_t rawEnd = 0;

  ~State() {
    if (inflaterReady) inflateEnd(&inflater);
  }

  Result<std::size_t> readFile(void *into, std::size_t room) {
    while (true) {
      const ssize_t got = ::read(file.get(), into, room);
      if (got >= 0) {
        consumed += static_cast<std::uint64_t>(got);
        return static_cast<std::size_t>(got);
      }
      if (errno != EINTR) return Unexpected(systemError(errno, path + ": cannot be read"));
    }
  }

  Result<void> refill() {
    rawBegin = rawEnd = 0;
    HOTLOOP_ASSIGN(rawEnd, readFile(raw.data(), raw.size()));
    return {};
  }

  Result<std::size_t> readInflated(char *into, std::size_t room);
};

Result<std::size_t> ByteSource::State::readInflated(char *into, std::size_t room) {
  inflater.next_out = reinterpret_cast<Bytef *>(into);
  inflater.avail_out = static_cast<uInt>(room);
  while (!ended && inflater.avail_out > 0) {
    if (rawBegin == rawEnd) {
      HOTLOOP_TRY(refill());
      if (rawEnd == 0) {
        ended = true;
        if (memberOpen) trouble = "the compressed data ends before its end mark";
        break;
      }
    }
    if (!memberOpen) {
      // What follows the last member and is none is padding, as tar and some file systems leave.
      if (raw[rawBegin] != 0x1f) {
        ended = true;
        break;
      }
      inflateReset(&inflater);
      memberOpen = true;
    }
    inflater.next_in = raw.data() + rawBegin;
    inflater.avail_in = static_cast<uInt>(rawEnd - rawBegin);
    const int code = inflate(&inflater, Z_NO_FLUSH);
    rawBegin = rawEnd - inflater.avail_in;
    if (code == Z_STREAM_END) {
      memberOpen = false;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      ended = true;
      trouble = std::string("the compressed data is damaged (") +
                (inflater.msg != nullptr ? inflater.msg : "unknown cause") + ")";
    }
  }
  return room - inflater.avail_out;
}

ByteSource::ByteSource(std::unique_ptr<State> state) : state_(std::move(state)) {}
ByteSource::ByteSource(ByteSource &&) noexcept = default;
ByteSource &ByteSource::operator=(ByteSource &&) noexcept = default;
ByteSource::~ByteSource() = default;

Result<ByteSource> ByteSource::open(const std::string &path) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!state->file) return Unexpected(systemError(errno, path + ": cannot be opened"));
  struct stat facts{};
  if (::fstat(state->file.get(), &facts) != 0)
    return Unexpected(systemError(errno, path + ": cannot be opened"));
  if (S_ISDIR(facts.st_mode))
    return Unexpected(invalidInput(path + ": is a folder; name the trace file in it"));
  state->fileBytes = static_cast<std::uint64_t>(facts.st_size);
  HOTLOOP_TRY(state->refill());
  if (state->rawEnd == 0)
    return Unexpected(invalidInput(path + ": is empty; was the trace written to its end?"));
  state->compressed = state->rawEnd >= 2 && state->raw[0] == 0x1f && state->raw[1] == 0x8b;
  if (state->compressed) {
    if (inflateInit2(&state->inflater, kGzipWindow) != Z_OK)
      return Unexpected(internalError("zlib could not be started; is memory exhausted?"));
    state->inflaterReady = true;
  }
  return ByteSource(std::move(state));
}

Result<std::size_t> ByteSource::read(char *into, std::size_t room) {
  State &state = *state_;
  if (room > (1u << 30)) room = 1u << 30;
  if (state.compressed) return state.readInflated(into, room);
  if (state.rawBegin < state.rawEnd) {
    const std::size_t some = std::min(room, state.rawEnd - state.rawBegin);
    std::copy_n(state.raw.data() + state.rawBegin, some, into);
    state.rawBegin += some;
    return some;
  }
  return state.readFile(into, room);
}

bool ByteSource::compressed() const { return state_->compressed; }
std::uint64_t ByteSource::fileBytes() const { return state_->fileBytes; }
std::uint64_t ByteSource::fileConsumed() const { return state_->consumed; }
const std::string &ByteSource::trouble() const { return state_->trouble; }

} // namespace hotloop
