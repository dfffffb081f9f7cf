#include "core/report/finding.h"

namespace hotloop {

std::string Site::text() const {
  if (file.empty()) return function.empty() ? "unknown site" : function;
  std::string text = file;
  if (line != 0) text += ":" + std::to_string(line);
  if (!function.empty()) text += " " + function;
  return text;
}

} // namespace hotloop
