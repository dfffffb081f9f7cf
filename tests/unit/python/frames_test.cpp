#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

// Runs frames_test.py under every interpreter that is there: python3.11, python3.12 and python3.13
// on PATH, and those named by HOTLOOP_TEST_PYTHONS (paths, separated by colons).
namespace hotloop {
namespace {

struct Ran {
  int status = -1;
  std::string output;
};

Ran shell(const std::string &command) {
  Ran run;
  FILE *pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) {
    return run;
  }
  char buffer[4096];
  while (std::size_t got = fread(buffer, 1, sizeof buffer, pipe)) {
    run.output.append(buffer, got);
  }
  run.status = pclose(pipe);
  return run;
}

// "3.12", or empty when it does not run.
std::string versionOf(const std::string &python) {
  const Ran run = shell("'" + python +
                        "' -c 'import sys; print(\"=%d.%d\" % sys.version_info[:2])' 2>/dev/null");
  const std::size_t at = run.output.find('=');
  if (run.status != 0 || at == std::string::npos) {
    return {};
  }
  return run.output.substr(at + 1, run.output.find('\n', at) - at - 1);
}

class PythonFrames : public testing::TestWithParam<std::string> {};

std::vector<std::string> pythonsFor(const std::string &version) {
  std::vector<std::string> found;
  std::vector<std::string> candidates{"python" + version};
  if (const char *named = std::getenv("HOTLOOP_TEST_PYTHONS")) {
    std::istringstream list(named);
    for (std::string path; std::getline(list, path, ':');) {
      candidates.push_back(path);
    }
  }
  for (const std::string &candidate : candidates) {
    if (versionOf(candidate) == version) {
      found.push_back(candidate);
    }
  }
  return found;
}

TEST_P(PythonFrames, AreWhatPythonSays) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a library with a sanitizer cannot be loaded into an interpreter without it";
#endif
  const std::vector<std::string> pythons = pythonsFor(GetParam());
  if (pythons.empty()) {
    GTEST_SKIP() << "CPython " << GetParam() << " was not found: put python" << GetParam()
                 << " on PATH or name it in HOTLOOP_TEST_PYTHONS";
  }
  for (const std::string &python : pythons) {
    const std::string environment = "HOTLOOP_PROBE='" HOTLOOP_PROBE_LIBRARY "' ";
    const Ran run = shell(environment + "'" + python + "' -B '" HOTLOOP_FRAMES_SCRIPT "'");
    EXPECT_EQ(run.status, 0) << python << "\n" << run.output;
    EXPECT_NE(run.output.find("OK"), std::string::npos) << python << "\n" << run.output;
  }
}

INSTANTIATE_TEST_SUITE_P(Version, PythonFrames, testing::Values("3.11", "3.12", "3.13"),
                         [](const auto &version) { return "Python3" + version.param.substr(2); });

} // namespace
} // namespace hotloop
