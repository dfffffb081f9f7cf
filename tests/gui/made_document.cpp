#include "tests/gui/made_document.h"

#include <QTemporaryDir>
#include <gtest/gtest.h>

#include "core/store/run_writer.h"
#include "gui/data/trace/trace_builder.h"
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

// Two threads with nested operators, a stream that one of them feeds, steps, memory.
TracePtr trace() {
  RawChunk ops;
  ops.table = EventTable::kOp;
  RawChunk calls;
  calls.table = EventTable::kApi;
  RawChunk kernels;
  kernels.table = EventTable::kKernel;
  TraceParts parts;
  const std::pair<const char *, Category> names[] = {
      {"aten::linear", Category::kOperator},   {"aten::mm", Category::kOperator},
      {"cudaLaunchKernel", Category::kLaunch}, {"void gemm<float, 4>(int)", Category::kKernel},
      {"aten::item", Category::kOperator},     {"cudaStreamSynchronize", Category::kWait}};
  for (const auto &[text, category] : names) {
    SliceName name;
    name.text = text;
    name.label = text;
    name.category = category;
    parts.names.push_back(name);
  }
  std::vector<std::int64_t> times;
  std::vector<std::int64_t> values;
  for (std::uint32_t i = 0; i < 40; ++i) {
    const std::int64_t t = 1'000'000 + i * 100'000;
    ops.events.push_back({t, 60'000, 0, 2 * i + 1, 1, 0});
    ops.events.push_back({t + 5'000, 40'000, 1, 2 * i + 2, 1, 0});
    calls.events.push_back({t + 10'000, 4'000, 2, i + 1, 1, i + 1});
    kernels.events.push_back({t + 20'000, 30'000, 3, i + 1, 7, i + 1});
    if (i % 4 == 0) ops.events.push_back({t + 70'000, 20'000, 4, 1000 + i, 1, 0});
    if (i % 4 == 0) calls.events.push_back({t + 72'000, 15'000, 5, 1000 + i, 1, 0});
    times.push_back(t);
    values.push_back(1'000'000 * ((i * 7) % 11));
  }
  parts.counters.emplace_back("CPU allocated", std::move(times), std::move(values));
  for (std::int64_t i = 0; i < 10; ++i)
    parts.steps.push_back({1'000'000 + i * 400'000, 1'400'000 + i * 400'000, i, i > 1});
  parts.describe = [](Track &track) {
    const bool device = track.table >= EventTable::kKernel;
    track.order = device ? 100 : track.entity;
    track.group = device ? "GPU 0" : "python3 · main";
    track.label = device ? "stream 7" : track.table == EventTable::kOp ? "operators" : "CUDA calls";
  };
  std::vector<RawChunk> chunks;
  chunks.push_back(std::move(ops));
  chunks.push_back(std::move(calls));
  chunks.push_back(std::move(kernels));
  return std::make_shared<const Trace>(buildTrace(chunks, std::move(parts), 1));
}

std::shared_ptr<RunDocument> document(Analysis analysis, bool damaged, const char *path) {
  auto made = std::make_shared<RunDocument>();
  made->path = path;
  made->meta["command"] = "python3 train.py --epochs 3";
  made->meta["state"] = damaged ? "truncated" : "clean";
  made->trace = trace();
  made->analysed = true;
  made->analysis = std::move(analysis);
  if (damaged) {
    made->qualityLines = {
        {Severity::kDataLoss, "the program was killed: the last moments are missing"},
        {Severity::kNotice, "no GPU in this run"}};
  }
  for (std::size_t i = 0; i < made->analysis.findings.size(); ++i) {
    EvidencePlace place;
    place.known = true;
    place.table = EventTable::kOp;
    place.entity = 1;
    place.start = 1'070'000 + static_cast<std::int64_t>(i) * 400'000;
    place.duration = 20'000;
    EvidencePlace later = place;
    later.start += 800'000;
    made->models.places.push_back({place, later});
  }
  made->models.callTree.nodes.resize(3);
  auto &nodes = made->models.callTree.nodes;
  nodes[0].name = "run";
  nodes[0].children = {1};
  nodes[1].name = "main";
  nodes[1].parent = 0;
  nodes[1].children = {2};
  nodes[2].name = "aten::linear";
  nodes[2].parent = 1;
  for (CallNode &node : nodes) {
    node.total = 2'000'000;
    node.count = 40;
  }
  return made;
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
  ChangePlan plan;
  plan.stepMs = 12;
  PlannedChange graph;
  graph.name = "graph";
  graph.rules = {"HL301", "HL302"};
  graph.advice = "Capture the step <i>once</i>.";
  graph.flags = "--graph on";
  graph.addsMs = 4;
  graph.ms = 8;
  PlannedChange item;
  item.name = "HL101 item";
  item.rules = {"HL101"};
  item.advice = "Keep the loss on the device.";
  item.site = {"/home/user/project/train.py", 42, "loss", "train/forward"};
  item.addsMs = 2;
  item.ms = 6;
  PlannedChange unknown;
  unknown.name = "HL105";
  unknown.whyNone = "Nobody knows.";
  plan.changes = {graph, item, unknown};
  plan.covered = {"HL505"};
  plan.together = Gain::Estimate{6, 5, 7, "high"};
  plan.together->share = 0.5;
  plan.command = "hotloop-moe run --graph on";
  plan.preset = "graph";
  plan.presetDiffers = {"amp"};
  analysis.plan = std::move(plan);
  return document(std::move(analysis), true, "/data/run.hotloop");
}

std::shared_ptr<RunDocument> emptyDocument(bool steady) {
  Analysis analysis = steady ? steadyAnalysis() : Analysis();
  if (!steady) analysis.steps.whyNone = "The run has 2 steps, and all of them are warm-up.";
  return document(std::move(analysis), false, "run.hotloop");
}

std::string scratchPath(const std::string &name) {
  return folder().filePath(QString::fromStdString(name)).toStdString();
}

std::string madeRunFile(bool device) {
  const std::string path = scratchPath(device ? "device.hotloop" : "made.hotloop");
  static bool made[2] = {false, false};
  if (made[device ? 1 : 0]) return path;
  made[device ? 1 : 0] = true;
  auto writer = RunWriter::create(path);
  if (!writer) {
    ADD_FAILURE() << writer.error().message;
    return path;
  }
  test_support::MakeRunOptions options;
  options.events = 20'000;
  options.device = device;
  options.plants = {test_support::Plant::kItem, test_support::Plant::kExpertLoop};
  const auto run = test_support::makeRun(**writer, options);
  EXPECT_TRUE(run.has_value());
  EXPECT_TRUE((*writer)->finalise(RunState::kClean).has_value());
  return path;
}

} // namespace hotloop::gui::test
