#include <cstdio>
#include <cstring>

#include "core/store/trace_format.h"

int main(int argc, char **argv) {
  if (argc == 2 && std::strcmp(argv[1], "trace-format") == 0) {
    const std::string text = hotloop::traceFormatDocument();
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
  }
  std::fputs("usage: hotloop-make-docs trace-format > docs/trace_format.md\n", stderr);
  return 2;
}
