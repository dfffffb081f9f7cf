#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"

namespace hotloop::test_support {

// One finding that a rule must make on the bad form of a sample.
struct ExpectedFinding {
  std::string language; // "cpp" or "python"
  std::string rule;
  std::string variant;  // empty: any
  std::string function; // part of the name of the site's function
  std::string file;     // end of the site's path
  double perStep = 0;   // 0: any
};

// A sample as its folder tells: samples/<id>/labels.toml.
struct SampleLabels {
  std::string id;
  std::string rule;
  std::string bad, benign;       // why it is, why it is not
  std::vector<std::string> also; // rules that may fire on the bad form besides
  std::vector<ExpectedFinding> expected;
  bool python = false; // has bad.py, good.py, benign.py
  bool cpp = false;    // has <id>.cpp
  bool cuda = false;   // has <id>_cuda.cpp
};

// All samples below `folder`, by id. Errors: a folder without labels, a wrong or missing key.
Result<std::vector<SampleLabels>> readLabels(const std::string &folder);

} // namespace hotloop::test_support
