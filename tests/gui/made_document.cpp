#include "tests/gui/made_document.h"

#include <QTemporaryDir>
#include <gtest/gtest.h>

#include "core/store/run_writer.h"
#include "core/trace/meta_keys.h"
#include "core/trace/trace_builder.h"
#include "tests/support/make_run.h"

namespace hotloop::gui::test {
namespace {

Finding finding(const std::string &rule, Felt felt, double perStep) {
  Finding finding;
  finding.rule = rule;
  finding.variant = "item";
  finding.title = "scalar read-back <b>stalls</b> the loop";
  finding.site = {"/home/user/project/train.py", 42, "loss\x1b[31m", "train/forward"};
  finding.perStep = perStep;
  finding.felt = felt;
  finding.hostTime = Nanoseconds(123'456);
  finding.fix = "keep the loss on the device\xff";
  finding.fixCode = "x = loss.item()\nx = loss.detach()";
  finding.mayNotPay = "it is read once";
  finding.gain.whyNone = "no GPU records";
  finding.evidence.push_back({"op", 7, "aten::item at step 12"});
  return finding;
}

TraceView trace(bool damaged) {
  TraceBuilder builder;
  builder.setMeta(meta_key::kCommand, "python3 train.py --epochs 3");
  builder.setMeta(meta_key::kState, damaged ? "truncated" : "clean");
  if (damaged) {
    for (const auto &[severity, message] :
         {std::pair{Severity::kNotice, "no GPU in this run"},
          std::pair{Severity::kDataLoss, "the program was killed: the last moments are missing"}}) {
      QualityRow row;
      row.name = builder.intern(message);
      row.severity = severity;
      row.count = 1;
      row.message = builder.intern(message);
      builder.add(row);
    }
  }
  auto view = builder.build();
  if (!view) {
    ADD_FAILURE() << view.error().message;
    return TraceView(TraceData());
  }
  return std::move(*view);
}

Analysis steadyAnalysis() {
  Analysis analysis;
  analysis.steps.total = 30;
  analysis.steps.steady = 25;
  analysis.steps.period = Nanoseconds(12'500'000);
  analysis.steps.duration = Nanoseconds(12'000'000);
  analysis.steps.p10 = Nanoseconds(11'000'000);
  analysis.steps.p90 = Nanoseconds(14'000'000);
  analysis.perStep.operators = 412;
  analysis.perStep.launches = 380;
  analysis.perStep.hostSyncs = 3;
  analysis.perStep.allocations = 96;
  analysis.perStep.allocatedBytes = 4.2e6;
  return analysis;
}

QTemporaryDir &folder() {
  static QTemporaryDir folder;
  return folder;
}

} // namespace

std::shared_ptr<RunDocument> madeDocument() {
  Analysis analysis = steadyAnalysis();
  analysis.findings = {finding("HL101", Felt::kMeasured, 3), finding("HL104", Felt::kWould, 2.5)};
  analysis.notWorth = {finding("HL201", Felt::kWould, 1)};
  analysis.notChecked = {{"HL605", "needs a router"}};
  return std::make_shared<RunDocument>(
      RunDocument{"/data/run.hotloop", trace(true), std::move(analysis)});
}

std::shared_ptr<RunDocument> emptyDocument(bool steady) {
  Analysis analysis = steady ? steadyAnalysis() : Analysis();
  if (!steady) analysis.steps.whyNone = "The run has 2 steps, and all of them are warm-up.";
  return std::make_shared<RunDocument>(
      RunDocument{"run.hotloop", trace(false), std::move(analysis)});
}

std::string scratchPath(const std::string &name) {
  return folder().filePath(QString::fromStdString(name)).toStdString();
}

std::string madeRunFile() {
  const std::string path = scratchPath("made.hotloop");
  static bool made = false;
  if (made) return path;
  made = true;
  auto writer = RunWriter::create(path);
  if (!writer) {
    ADD_FAILURE() << writer.error().message;
    return path;
  }
  test_support::MakeRunOptions options;
  options.events = 20'000;
  options.plants = {test_support::Plant::kItem, test_support::Plant::kExpertLoop};
  const auto run = test_support::makeRun(**writer, options);
  EXPECT_TRUE(run.has_value());
  EXPECT_TRUE((*writer)->finalise(RunState::kClean).has_value());
  return path;
}

} // namespace hotloop::gui::test
