#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "core/export/export_run.h"
#include "core/store/run_reader.h"
#include "core/store/run_writer.h"
#include "tests/support/make_run.h"

// A made run with a device, and what is exported from it.
namespace hotloop {

class ExportedRun : public testing::Test {
protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/hotloop_export_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    auto writer = RunWriter::create(path("run.hotloop"));
    ASSERT_TRUE(writer) << writer.error().message;
    test_support::MakeRunOptions options;
    options.events = 20'000;
    options.device = true;
    options.graph = true;
    options.marks = test_support::StepMarks::kProfiler;
    options.plants = {test_support::Plant::kItem};
    ASSERT_TRUE(test_support::makeRun(**writer, options));
    ASSERT_TRUE((*writer)->finalise(RunState::kClean));
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string path(const std::string &name) const { return folder_ / name; }
  TraceView run() const {
    auto trace = loadRun(path("run.hotloop"));
    EXPECT_TRUE(trace) << trace.error().message;
    return *trace;
  }
  std::string exported(ExportFormat format, const std::string &name, ExportOptions options = {}) {
    const auto report = exportRun(path("run.hotloop"), path(name), format, options);
    EXPECT_TRUE(report) << report.error().message;
    if (report) report_ = *report;
    return path(name);
  }
  static std::string readFile(const std::string &file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
  }

  std::filesystem::path folder_;
  ExportReport report_;
};

} // namespace hotloop
