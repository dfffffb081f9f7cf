// Imports every public trace and compares what came of it with tests/golden/import/traces.txt,
// which slow_counts.py wrote. The traces are not a part of the repository; without them the test is
// skipped.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "collectors/import/import_trace.h"
#include "core/input/byte_source.h"
#include "core/store/temporary_folder.h"
#include "tests/golden/import/trace_text.h"

namespace hotloop {
namespace {

namespace fs = std::filesystem;

fs::path source() { return std::getenv("HOTLOOP_SOURCE_DIR"); }
fs::path traces() { return source().parent_path() / "shared" / "traces"; }

std::string readFile(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// One member of a tar archive in GNU or ustar form.
std::string tarMember(const std::string &archive, const std::string &name) {
  for (std::size_t at = 0; at + 512 <= archive.size() && archive[at] != '\0';) {
    const std::string member(archive.data() + at, strnlen(archive.data() + at, 100));
    const std::size_t size = std::strtoull(archive.data() + at + 124, nullptr, 8);
    if (member == name) return archive.substr(at + 512, size);
    at += 512 + (size + 511) / 512 * 512;
  }
  return {};
}

std::string inflated(const fs::path &path) {
  auto source = ByteSource::open(path);
  std::string text;
  std::vector<char> buffer(1 << 20);
  while (source) {
    const auto got = source->read(buffer.data(), buffer.size());
    if (!got || *got == 0) break;
    text.append(buffer.data(), *got);
  }
  return text;
}

struct Section {
  std::string name;
  std::string text;
};

std::vector<Section> goldenSections() {
  std::vector<Section> sections;
  std::istringstream lines(readFile(source() / "tests/golden/import/traces.txt"));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("== ")) sections.push_back({line.substr(3), {}});
    if (!sections.empty()) sections.back().text += line + "\n";
  }
  return sections;
}

TEST(ImportGolden, EveryTraceHoldsWhatTheSlowScriptCounts) {
  if (!fs::exists(traces())) GTEST_SKIP() << "the public traces are not at " << traces();
  const auto folder = TemporaryFolder::create();
  ASSERT_TRUE(folder);
  const std::vector<Section> sections = goldenSections();
  ASSERT_GE(sections.size(), 50u);
  for (const Section &section : sections) {
    fs::path path = traces() / section.name;
    if (const auto colon = section.name.find(".gz:"); colon != std::string::npos) {
      const std::string archive = inflated(traces() / section.name.substr(0, colon + 3));
      path = folder->path() / "member.json";
      std::ofstream(path, std::ios::binary) << tarMember(archive, section.name.substr(colon + 4));
    }
    if (!fs::exists(path)) continue; // a trace that this checkout lacks
    const auto trace = importView(path);
    ASSERT_TRUE(trace) << section.name << ": " << trace.error().message;
    EXPECT_EQ(test_support::traceText(section.name, *trace), section.text);
  }
}

TEST(ImportGolden, FilesOfOtherToolsAreRefusedWithTheCommandThatConverts) {
  if (!fs::exists(traces())) GTEST_SKIP() << "the public traces are not at " << traces();
  for (const char *name :
       {"nsys/jaxtoolbox_cuda_graph.nsys-rep", "ncu/nsightful_copy_blocked_ncu.csv.gz",
        "kineto_multirank/param_dlrm_8rank_v100.tar.gz"}) {
    const auto trace = importView(traces() / name);
    ASSERT_FALSE(trace) << name;
    EXPECT_THAT(trace.error().message, testing::HasSubstr(name));
    if (std::string_view(name).find("kineto") == std::string_view::npos) {
      EXPECT_THAT(trace.error().message, testing::HasSubstr("nsys export --type sqlite"));
    }
  }
}

} // namespace
} // namespace hotloop
