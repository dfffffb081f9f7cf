// `hotloop_test_recorder OUTPUT LIBRARY [--primary] -- PROGRAM...`: a recorder process of its own,
// so that tests can send it signals.
#include <cstdio>
#include <string>

#include "collectors/inject/recorder.h"

int main(int argc, char **argv) {
  hotloop::RecordOptions options;
  options.overwrite = true;
  int i = 1;
  if (i < argc) options.output = argv[i++];
  if (i < argc) options.injectLibrary = argv[i++];
  for (; i < argc && std::string(argv[i]) != "--"; ++i)
    if (std::string(argv[i]) == "--primary") options.wait = hotloop::WaitFor::kPrimary;
  for (++i; i < argc; ++i) options.command.emplace_back(argv[i]);
  const auto outcome = hotloop::record(options);
  if (!outcome) {
    std::fprintf(stderr, "%s\n", outcome.error().message.c_str());
    return 125;
  }
  if (!outcome->storeFailure.empty()) std::fprintf(stderr, "%s\n", outcome->storeFailure.c_str());
  return outcome->exitStatus;
}
