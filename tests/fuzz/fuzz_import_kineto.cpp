// Damaged and hostile JSON traces, plain and compressed: the importer must answer with a run or a
// sentence.

#include "tests/fuzz/import_target.h"
#include "tests/fuzz/mutate.h"

namespace hotloop::fuzz {

namespace {

class KinetoTarget final : public Target {
public:
  std::string run(test_support::Random &random) override {
    std::string bytes = seeds_[random.below(seeds_.size())];
    mutate(bytes, words_, random);
    if (random.below(4) == 0) {
      bytes = gzipped(bytes, random.below(2) == 0);
      if (random.below(2) == 0) mutateOnce(bytes, words_, random);
    }
    return probe_.check(bytes);
  }

private:
  const std::vector<std::string> seeds_ = corpus("kineto_");
  const std::vector<std::string> words_ = {"NaN",
                                           "-Infinity",
                                           "nan",
                                           "inf",
                                           "1e999",
                                           "-1e-999",
                                           "9223372036854775807",
                                           "\\u00",
                                           "\\ud800",
                                           "\"",
                                           "\\",
                                           "\"args\":",
                                           "{",
                                           "}",
                                           "[",
                                           "]",
                                           ",",
                                           "null",
                                           "\xff\xfe",
                                           "\x1f\x8b",
                                           "\"ph\": \"X\", ",
                                           "[[[[[",
                                           "{\"a\":",
                                           "-",
                                           "\"ts\"",
                                           "\"traceEvents\": [",
                                           "4294967296",
                                           std::string(1, '\0')};
  ImportProbe probe_;
};

} // namespace

std::unique_ptr<Target> makeTarget() { return std::make_unique<KinetoTarget>(); }

} // namespace hotloop::fuzz
