#include "core/store/run_writer.h"

#include "core/store/output_file.h"
#include "core/store/sqlite_run_writer.h"

namespace hotloop {

Result<std::unique_ptr<RunWriter>> RunWriter::create(const std::string &path,
                                                     const RunWriterOptions &options) {
  HOTLOOP_TRY(createOutputFile(path, options.overwrite));
  auto writer = std::make_unique<SqliteRunWriter>(path, options);
  if (auto opened = writer->open(); !opened) {
    writer.reset();
    removeRunFile(path);
    return Unexpected(opened.error());
  }
  return std::unique_ptr<RunWriter>(std::move(writer));
}

} // namespace hotloop
