#include "tests/unit/samples/labels.h"

#include <algorithm>
#include <filesystem>

#include <toml++/toml.h>

namespace hotloop::test_support {
namespace {

namespace fs = std::filesystem;

std::string text(const toml::table &table, std::string_view key) {
  return table[key].value_or(std::string());
}

Result<ExpectedFinding> readExpected(const toml::table &table, const SampleLabels &sample) {
  ExpectedFinding expected;
  for (const auto &[key, value] : table) {
    static constexpr std::string_view kKnown[] = {"language", "rule", "variant",
                                                  "function", "file", "per_step"};
    if (std::ranges::find(kKnown, key.str()) == std::end(kKnown))
      return Unexpected(invalidInput(sample.id + ": unknown key " + std::string(key.str())));
  }
  expected.language = text(table, "language");
  expected.rule = table["rule"].value_or(sample.rule);
  expected.variant = text(table, "variant");
  expected.function = text(table, "function");
  expected.file = text(table, "file");
  expected.perStep = table["per_step"].value_or(0.0);
  if (expected.language != "cpp" && expected.language != "python" && expected.language != "cuda")
    return Unexpected(invalidInput(sample.id + ": language must be cpp, cuda or python"));
  if (expected.function.empty() || expected.file.empty())
    return Unexpected(invalidInput(sample.id + ": expected findings need a function and a file"));
  return expected;
}

Result<SampleLabels> readSample(const fs::path &folder) {
  SampleLabels sample;
  sample.id = folder.filename();
  sample.cpp = fs::exists(folder / (sample.id + ".cpp"));
  sample.cuda = fs::exists(folder / (sample.id + "_cuda.cpp"));
  sample.python = fs::exists(folder / "bad.py") && fs::exists(folder / "good.py") &&
                  fs::exists(folder / "benign.py");
  toml::table table;
  try {
    table = toml::parse_file((folder / "labels.toml").string());
  } catch (const toml::parse_error &error) {
    return Unexpected(
        invalidInput(sample.id + "/labels.toml: " + std::string(error.description())));
  }
  sample.rule = text(table, "rule");
  sample.bad = text(table, "bad");
  sample.benign = text(table, "benign");
  if (const toml::array *also = table["also"].as_array())
    for (const auto &rule : *also) sample.also.push_back(rule.value_or(std::string()));
  if (sample.rule.empty() || sample.bad.empty() || sample.benign.empty())
    return Unexpected(invalidInput(sample.id + ": rule, bad and benign must be given"));
  if (const toml::array *expected = table["expected"].as_array())
    for (const auto &entry : *expected) {
      if (entry.as_table() == nullptr) return Unexpected(invalidInput(sample.id + ": bad entry"));
      HOTLOOP_ASSIGN(auto finding, readExpected(*entry.as_table(), sample));
      sample.expected.push_back(std::move(finding));
    }
  return sample;
}

} // namespace

Result<std::vector<SampleLabels>> readLabels(const std::string &folder) {
  std::error_code failed;
  std::vector<SampleLabels> samples;
  for (const auto &entry : fs::directory_iterator(folder, failed)) {
    if (!entry.is_directory() || !entry.path().filename().string().starts_with("hl")) continue;
    HOTLOOP_ASSIGN(auto sample, readSample(entry.path()));
    samples.push_back(std::move(sample));
  }
  if (failed) return Unexpected(notFound("cannot read the samples in " + folder));
  std::ranges::sort(samples, {}, &SampleLabels::id);
  return samples;
}

} // namespace hotloop::test_support
