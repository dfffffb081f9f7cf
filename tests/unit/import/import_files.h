#pragma once

#include <zlib.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "collectors/import/import_trace.h"

// Trace files that a test writes, in a folder of their own.
namespace hotloop {

class ImportFiles : public testing::Test {
protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/hotloop_import_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string path(const std::string &name) const { return folder_ / name; }
  std::string write(const std::string &name, std::string_view bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  std::string writeGzip(const std::string &name, std::string_view bytes) const {
    const gzFile file = gzopen(path(name).c_str(), "wb1");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return path(name);
  }

  // The run, or a failed expectation and an empty one.
  static TraceView view(const std::string &file) {
    auto trace = importView(file);
    EXPECT_TRUE(trace) << trace.error().message;
    return trace ? *trace : TraceView(TraceData());
  }
  static std::string failure(const std::string &file) {
    const auto trace = importView(file);
    EXPECT_FALSE(trace);
    return trace ? std::string() : trace.error().message;
  }
  // The count of a row of the quality table; 0 when it is not there.
  static std::int64_t quality(const TraceView &trace, std::string_view name) {
    for (std::size_t i = 0; i < trace->quality.name.size(); ++i)
      if (trace.text(trace->quality.name[i]) == name) return trace->quality.count[i];
    return 0;
  }

  std::filesystem::path folder_;
};

} // namespace hotloop
