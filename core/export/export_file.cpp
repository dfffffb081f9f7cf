#include "core/export/export_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "core/export/export_options.h"

namespace hotloop {

namespace {

constexpr std::size_t kBuffer = 1u << 20;

} // namespace

std::string ExportWindow::condition(const std::string &alias) const {
  std::string sql;
  if (to) sql += alias + ".start < " + std::to_string(to->count);
  if (from)
    sql += (sql.empty() ? "" : " AND ") + alias + ".start + " + alias +
           ".duration >= " + std::to_string(from->count);
  return sql.empty() ? "1" : sql;
}

struct ExportFile::State {
  std::string path;
  std::string partial; // the name while it is written
  int descriptor = -1;
  gzFile gzip = nullptr;
  std::string buffer;
  std::uint64_t bytes = 0;
  int failure = 0; // errno

  ~State() {
    if (gzip != nullptr)
      gzclose(gzip);
    else if (descriptor >= 0)
      ::close(descriptor);
    if (!partial.empty()) ::unlink(partial.c_str());
  }

  void flush() {
    std::string_view rest = buffer;
    while (failure == 0 && !rest.empty()) {
      errno = 0;
      const auto wrote =
          gzip != nullptr
              ? static_cast<ssize_t>(gzwrite(gzip, rest.data(), static_cast<unsigned>(rest.size())))
              : ::write(descriptor, rest.data(), rest.size());
      if (wrote > 0)
        rest.remove_prefix(static_cast<std::size_t>(wrote));
      else if (errno != EINTR)
        failure = errno == 0 ? EIO : errno;
    }
    buffer.clear();
  }
};

ExportFile::ExportFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
ExportFile::ExportFile(ExportFile &&) noexcept = default;
ExportFile &ExportFile::operator=(ExportFile &&) noexcept = default;
ExportFile::~ExportFile() = default;

Result<ExportFile> ExportFile::create(const std::string &path, bool overwrite) {
  struct stat facts{};
  const bool exists = ::stat(path.c_str(), &facts) == 0;
  if (exists && !overwrite)
    return Unexpected(
        invalidInput(path + ": exists already; --force overwrites it, -o FILE writes another"));
  auto state = std::make_unique<State>();
  state->path = path;
  // A device or a pipe is written to, not replaced.
  const bool inPlace = exists && !S_ISREG(facts.st_mode);
  if (!inPlace) state->partial = path + ".partial";
  const std::string &name = inPlace ? path : state->partial;
  state->descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (state->descriptor < 0) {
    state->partial.clear();
    return Unexpected(systemError(errno, path + ": cannot be written"));
  }
  if (path.ends_with(".gz")) {
    state->gzip = gzdopen(state->descriptor, "wb1");
    if (state->gzip == nullptr) return Unexpected(internalError("zlib could not be started"));
  }
  state->buffer.reserve(kBuffer + 4096);
  return ExportFile(std::move(state));
}

void ExportFile::append(std::string_view bytes) {
  state_->bytes += bytes.size();
  state_->buffer.append(bytes);
  if (state_->buffer.size() >= kBuffer) state_->flush();
}

std::uint64_t ExportFile::bytes() const { return state_->bytes; }

Result<void> ExportFile::close() {
  State &state = *state_;
  state.flush();
  const int descriptor = std::exchange(state.descriptor, -1);
  if (state.gzip != nullptr) {
    const int code = gzclose(std::exchange(state.gzip, nullptr));
    if (code != Z_OK && state.failure == 0) state.failure = errno == 0 ? EIO : errno;
  } else if (::close(descriptor) != 0 && state.failure == 0) {
    state.failure = errno;
  }
  if (state.failure != 0)
    return Unexpected(systemError(state.failure, state.path + ": cannot be written to its end"));
  if (state.partial.empty()) return {};
  if (std::rename(state.partial.c_str(), state.path.c_str()) != 0)
    return Unexpected(systemError(errno, state.path + ": cannot be put in place"));
  state.partial.clear();
  return {};
}

} // namespace hotloop
