#include "cli/status_line.h"

#include <algorithm>
#include <ostream>

#include "core/report/text_layout.h"

namespace hotloop::cli {

StatusLine::~StatusLine() {
  if (shown_) *context_.surroundings.err << "\r\x1b[K" << std::flush;
}

void StatusLine::show(const std::string &text) {
  if (!context_.progress) return;
  shown_ = true;
  const std::size_t columns = context_.surroundings.columns;
  const std::size_t width = columns > 1 ? columns - 1 : 79;
  *context_.surroundings.err << "\r\x1b[K" << cutToWidth(printable(text), width) << std::flush;
}

} // namespace hotloop::cli
