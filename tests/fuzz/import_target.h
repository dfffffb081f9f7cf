#pragma once

#include <string>
#include <vector>

#include "tests/fuzz/fuzz_driver.h"

namespace hotloop::fuzz {

// Gives the bytes to importView() as a file. "" or what is wrong: an error that does not name the
// file, a run that breaks what trace_view.h promises.
class ImportProbe {
public:
  ImportProbe();
  ~ImportProbe();
  std::string check(const std::string &bytes);
  const std::string &path() const { return path_; }
  // The same for a file that lies there already.
  std::string checkFile();

private:
  std::string folder_;
  std::string path_;
};

// The seeds of tests/fuzz/corpus whose names begin so.
std::vector<std::string> corpus(const std::string &prefix);

// `bytes` as a gzip file, in one member or two.
std::string gzipped(const std::string &bytes, bool twoMembers);

} // namespace hotloop::fuzz
