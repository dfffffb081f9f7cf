#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <random>
#include <unistd.h>

#include "core/symbolize/symbolizer.h"
#include "tests/unit/symbolize/lines_library.h"

// Files on disk are not ours: a damaged one must give a lesser answer, not a crash or a hang.
namespace hotloop {
namespace {

constexpr int kRounds = 300;
constexpr const char *kFunctions[] = {"targetPlain",  "targetInlined", "targetExported",
                                      "targetHidden", "targetBox",     "targetNoReturn"};

std::string contents(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class DamagedFiles : public ::testing::Test {
protected:
  void SetUp() override {
    good_ = contents(test::linesPath("liblines_dwarf5.so"));
    ASSERT_GT(good_.size(), 4096u);
    for (const char *function : kFunctions) {
      offsets_.push_back(test::returnAddressIn(test::linesPath("liblines_dwarf5.so"), function));
    }
    path_ = test::linesPath("damaged" + std::to_string(getpid()) + ".so");
  }
  void TearDown() override { std::filesystem::remove(path_); }

  // Every place has at least one frame, and every frame a name.
  void expectAnswers(const std::string &bytes, const std::string &what) {
    std::filesystem::remove(path_);
    std::ofstream(path_, std::ios::binary) << bytes;
    Symbolizer symbolizer;
    const std::uint32_t module = symbolizer.addModule(path_);
    for (const std::uint64_t offset : offsets_) {
      const NativePlace &place = symbolizer.returnAddress(module, offset);
      ASSERT_FALSE(place.frames.empty()) << what;
      for (const SourceFrame &frame : place.frames) ASSERT_FALSE(frame.function.empty()) << what;
    }
  }

  std::string good_;
  std::string path_;
  std::vector<std::uint64_t> offsets_;
};

TEST_F(DamagedFiles, CutAnywhere) {
  for (int i = 0; i <= 64; ++i) {
    const std::size_t length = good_.size() * i / 64;
    expectAnswers(good_.substr(0, length), "cut at " + std::to_string(length));
  }
}

TEST_F(DamagedFiles, FlippedBytes) {
  std::mt19937_64 random(20240607);
  for (int round = 0; round < kRounds; ++round) {
    std::string bytes = good_;
    const int flips = 1 + static_cast<int>(random() % 64);
    for (int i = 0; i < flips; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    expectAnswers(bytes, "round " + std::to_string(round));
  }
}

TEST_F(DamagedFiles, DamagedHeader) {
  std::mt19937_64 random(7);
  for (int round = 0; round < kRounds; ++round) {
    std::string bytes = good_;
    bytes[4 + random() % 60] = static_cast<char>(random());
    bytes[bytes.size() - 1 - random() % 2048] = static_cast<char>(random()); // section headers
    expectAnswers(bytes, "round " + std::to_string(round));
  }
}

} // namespace
} // namespace hotloop
