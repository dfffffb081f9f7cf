#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

#include <gmock/gmock.h>
#include <unistd.h>

#include "analyzers/analysis.h"
#include "collectors/inject/recorder.h"
#include "core/store/run_reader.h"
#include "tests/unit/samples/labels.h"

// Records every program of the corpus, analyses the run, and compares with the labels.
namespace hotloop {
namespace {

using test_support::ExpectedFinding;
using test_support::readLabels;
using test_support::SampleLabels;

std::string environment(const char *name, const char *otherwise = "") {
  const char *value = std::getenv(name);
  return value != nullptr && *value != 0 ? value : otherwise;
}

std::string samplesFolder() { return environment("HOTLOOP_SOURCE_DIR", ".") + "/samples"; }

struct Program {
  SampleLabels labels;
  std::string language;
  std::string form;

  std::string name() const { return labels.id + "_" + language + "_" + form; }
  std::vector<std::string> command() const {
    if (language == "python")
      return {environment("HOTLOOP_SAMPLES_PYTHON", "python3"),
              samplesFolder() + "/" + labels.id + "/" + form + ".py"};
    return {environment("HOTLOOP_BINARY_DIR", ".") + "/bin/hotloop-samples", "run", labels.id,
            form};
  }
};

std::ostream &operator<<(std::ostream &out, const Program &program) {
  return out << program.name();
}

std::vector<Program> allPrograms() {
  std::vector<Program> programs;
  const auto labels = readLabels(samplesFolder());
  if (!labels.has_value()) return programs;
  for (const SampleLabels &sample : *labels)
    for (const char *language : {"cpp", "python"})
      for (const char *form : {"bad", "good", "benign"})
        if (std::string_view(language) == "cpp" ? sample.cpp : sample.python)
          programs.push_back({sample, language, form});
  return programs;
}

bool matches(const Finding &finding, const ExpectedFinding &expected) {
  return finding.rule == expected.rule &&
         (expected.variant.empty() || finding.variant == expected.variant) &&
         finding.site.function.find(expected.function) != std::string::npos &&
         finding.site.file.ends_with(expected.file) &&
         (expected.perStep == 0 || finding.perStep == expected.perStep);
}

std::string text(const std::vector<Finding> &findings) {
  std::string all;
  for (const Finding &finding : findings)
    all += "\n  " + finding.rule + " " + finding.variant + " at " + finding.site.text() + ", " +
           std::to_string(finding.perStep) + " per step: " + finding.title;
  return all.empty() ? "\n  nothing" : all;
}

struct Score {
  int expected = 0;
  int found = 0;
  int unexpected = 0;
};

class Corpus : public testing::TestWithParam<Program> {
public:
  static void TearDownTestSuite() {
    Score all;
    std::printf("%-22s %-7s %-7s %8s %6s %11s\n", "sample", "in", "form", "expected", "found",
                "unexpected");
    for (const auto &[program, score] : scores()) {
      std::printf("%s %8d %6d %11d\n", program.c_str(), score.expected, score.found,
                  score.unexpected);
      all.expected += score.expected;
      all.found += score.found;
      all.unexpected += score.unexpected;
    }
    std::printf("recall %d/%d, precision %d/%d\n", all.found, all.expected, all.found,
                all.found + all.unexpected);
  }

protected:
  static std::map<std::string, Score> &scores() {
    static std::map<std::string, Score> all;
    return all;
  }

  Result<Analysis> analyzed(const Program &program) {
    const std::string file = testing::TempDir() + "/corpus-" + std::to_string(getpid()) + "-" +
                             program.name() + ".hotloop";
    RecordOptions options;
    options.command = program.command();
    options.output = file;
    options.overwrite = true;
    options.injectLibrary = environment("HOTLOOP_BINARY_DIR", ".") + "/lib/libhotloop.so";
    HOTLOOP_ASSIGN(const RecordOutcome outcome, record(options));
    EXPECT_EQ(outcome.exitStatus, 0) << "the program's own check failed";
    EXPECT_EQ(outcome.dropped, 0u);
    HOTLOOP_ASSIGN(const TraceView trace, loadRun(file));
    if (environment("HOTLOOP_KEEP_RUNS").empty()) std::filesystem::remove(file);
    return analyze(trace);
  }
};

TEST_P(Corpus, IsJudgedAsLabelled) {
  const Program &program = GetParam();
  const auto analysis = analyzed(program);
  ASSERT_TRUE(analysis.has_value()) << analysis.error().message;
  EXPECT_GE(analysis->steps.steady, 20) << analysis->steps.whyNone;

  char row[64];
  std::snprintf(row, sizeof row, "%-22s %-7s %-7s", program.labels.id.c_str(),
                program.language.c_str(), program.form.c_str());
  Score &score = scores()[row];
  std::vector<ExpectedFinding> expected;
  if (program.form == "bad")
    std::ranges::copy_if(program.labels.expected, std::back_inserter(expected),
                         [&](const ExpectedFinding &e) { return e.language == program.language; });
  for (const ExpectedFinding &one : expected) {
    const bool found =
        std::ranges::any_of(analysis->findings, [&](const Finding &f) { return matches(f, one); });
    ++score.expected;
    score.found += found ? 1 : 0;
    EXPECT_TRUE(found) << one.rule << " " << one.variant << " in " << one.function << " of "
                       << one.file << " was not found; found:" << text(analysis->findings)
                       << "\nnot worth it:" << text(analysis->notWorth);
  }
  for (const Finding &finding : analysis->findings) {
    const bool meant = std::ranges::any_of(
        expected, [&](const ExpectedFinding &e) { return matches(finding, e); });
    const bool allowed =
        program.form == "bad" &&
        std::ranges::find(program.labels.also, finding.rule) != program.labels.also.end();
    if (meant || allowed) continue;
    ++score.unexpected;
    ADD_FAILURE() << "unexpected:" << text({finding});
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, Corpus, testing::ValuesIn(allPrograms()),
                         [](const auto &test) { return test.param.name(); });

TEST(CorpusLabels, EverySampleIsComplete) {
  const auto labels = readLabels(samplesFolder());
  ASSERT_TRUE(labels.has_value()) << labels.error().message;
  EXPECT_GE(labels->size(), 12u);
  for (const SampleLabels &sample : *labels) {
    for (const std::string_view language : {"cpp", "cuda", "python"}) {
      const bool has = language == "cpp"    ? sample.cpp
                       : language == "cuda" ? sample.cuda
                                            : sample.python;
      const bool labelled = std::ranges::any_of(
          sample.expected, [&](const ExpectedFinding &e) { return e.language == language; });
      EXPECT_EQ(has, labelled) << sample.id << " in " << language;
    }
    EXPECT_EQ("hl" + sample.rule.substr(2), sample.id.substr(0, 5)) << sample.id;
  }
}

int exitCode(const std::string &arguments) {
  const std::string command = environment("HOTLOOP_BINARY_DIR", ".") + "/bin/hotloop-samples " +
                              arguments + " >/dev/null 2>&1";
  return WEXITSTATUS(std::system(command.c_str()));
}

TEST(SamplesProgram, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(exitCode("list"), 0);
  for (const char *arguments : {"", "walk", "run", "run hl101_item", "run hl999 bad",
                                "run hl101_item worse", "run hl101_item bad --steps 0",
                                "run hl101_item bad --steps many", "run hl101_item bad --steps",
                                "run hl101_item bad --marks all", "run hl101_item bad --fast 1"})
    EXPECT_EQ(exitCode(arguments), 2) << arguments;
}

TEST(SamplesProgram, MarksStepsAsAsked) {
  for (const char *marks : {"api", "nvtx", "none"})
    EXPECT_EQ(exitCode(std::string("run hl101_item bad --steps 3 --marks ") + marks), 0) << marks;
}

} // namespace
} // namespace hotloop
