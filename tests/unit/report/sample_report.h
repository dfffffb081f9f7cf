#pragma once

#include "core/report/report.h"

namespace hotloop {

// A report with one finding of each kind, for the tests of the writers.
inline AdviceReport sampleReport() {
  AdviceReport report;
  report.run = {"runs/r.hotloop", "python3 train.py", "clean", "0.1.0"};
  report.steps.total = 40;
  report.steps.steady = 36;
  report.steps.periodMs = 12.4;
  report.steps.durationMs = 12.3;
  report.steps.source = "nvtx";
  report.steps.operators = 412;
  report.steps.launches = 402;
  report.steps.hostSyncs = 3;
  report.steps.allocations = 120;
  report.steps.allocatedBytes = 18.2e6;
  report.quality = {{"dropped_records", "data_loss", 7, "7 records were dropped."}};
  Finding item;
  item.rule = "HL101";
  item.variant = "item";
  item.title = "Scalar read back in every step";
  item.site = {"/home/user/project/train.py", 212, "train_step", "train/loss"};
  item.perStep = 2;
  item.hostTime = Nanoseconds(31'000);
  item.gain.whyNone = "This run has no device records.";
  item.fix = "Keep the value on the device.";
  item.fixCode = "# before\nloss.item()\n# after\ntotal += loss";
  item.mayNotPay = "Rarely read values cost nothing.";
  item.doc = "docs/rules/hl101_scalar_readback.md";
  item.evidence = {{"op", 776, "aten::item at step 2"}};
  Finding measured = item;
  measured.rule = "HL201";
  measured.variant.clear();
  measured.title = "Tensor made anew in every step";
  measured.site = {"model.cpp", 0, "", ""};
  measured.felt = Felt::kMeasured;
  measured.hostTime = Nanoseconds(410'000);
  measured.bytesPerStep = 2'000'000;
  measured.gain.estimate = Gain::Estimate{1.2, 0.9, 1.5, "high"};
  report.findings = {item, measured};
  Finding small = item;
  small.rule = "HL605";
  small.variant.clear();
  report.notWorth = {small};
  report.notChecked = {{"HL304", "no optimizer range"}};
  report.exit = {0, "ok"};
  return report;
}

} // namespace hotloop
