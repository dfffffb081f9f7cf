// Damaged and hostile pickles: the importer must answer with a run or a sentence, and never run
// anything.

#include "tests/fuzz/import_target.h"
#include "tests/fuzz/mutate.h"

namespace hotloop::fuzz {

namespace {

class SnapshotTarget final : public Target {
public:
  std::string run(test_support::Random &random) override {
    std::string bytes = seeds_[random.below(seeds_.size())];
    mutate(bytes, words_, random);
    // Keep what it is told by, so that more than the detection is tried.
    if (bytes.size() > 2 && random.below(4) != 0) bytes.replace(0, 2, "\x80\x04");
    if (random.below(16) == 0) bytes = gzipped(bytes, random.below(2) == 0);
    return probe_.check(bytes);
  }

private:
  const std::vector<std::string> seeds_ = corpus("snapshot_");
  const std::vector<std::string> words_ = {
      "cos\nsystem\n",
      "R",
      "\x93",
      "b",
      "(",
      ")",
      "]",
      "}",
      "u",
      "e",
      "s",
      "a",
      "0",
      "1",
      "2",
      "\x85",
      "\x86",
      "\x87",
      "t",
      "l",
      "d",
      "h\x01",
      "j\xff\xff\xff\xff",
      "\x94",
      std::string("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f", 10),
      "\x8b\xff\xff\xff\x7f",
      "X\xff\xff\xff\xff",
      "\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
      "r\xff\xff\xff\x7f",
      "."};
  ImportProbe probe_;
};

} // namespace

std::unique_ptr<Target> makeTarget() { return std::make_unique<SnapshotTarget>(); }

} // namespace hotloop::fuzz
