#include "collectors/import/python_files.h"

#include <algorithm>
#include <array>

namespace hotloop {

namespace {

constexpr std::array<std::string_view, 16> kPythonOwn = {
    "threading.py", "runpy.py",   "contextlib.py", "selectors.py", "queue.py", "socket.py",
    "enum.py",      "copy.py",    "functools.py",  "typing.py",    "abc.py",   "random.py",
    "inspect.py",   "logging.py", "traceback.py",  "warnings.py"};

} // namespace

bool isPythonUserFile(std::string_view file) {
  if (file.empty() || file.front() == '<') return false;
  if (file.starts_with("torch/") || file.starts_with("torch\\")) return false;
  for (const std::string_view part :
       {"site-packages", "dist-packages", "/lib/python3", "/torch/", "\\torch\\"})
    if (file.find(part) != std::string_view::npos) return false;
  return std::ranges::find(kPythonOwn, file) == kPythonOwn.end();
}

} // namespace hotloop
