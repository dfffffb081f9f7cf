#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/random.h"

// Changes of bytes that the fuzz targets of the importers share.
namespace hotloop::fuzz {

inline std::string readSeed(const std::string &path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::string bytes(file ? static_cast<std::size_t>(file.tellg()) : 0, '\0');
  file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

inline void writeInput(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// One change of `bytes`; `words` are texts that mean something in the format.
inline void mutateOnce(std::string &bytes, const std::vector<std::string> &words,
                       test_support::Random &random) {
  if (bytes.empty()) bytes = "x";
  const std::size_t at = random.below(bytes.size());
  const std::size_t length = 1 + random.below(std::min<std::size_t>(bytes.size() - at, 300));
  switch (random.below(8)) {
  case 0: bytes[at] = static_cast<char>(random.next()); break;
  case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8))); break;
  case 2: bytes.erase(at, length); break;
  case 3: bytes.insert(at, bytes.substr(random.below(bytes.size()), length)); break;
  case 4: bytes.resize(at); break;
  case 5: bytes.replace(at, length, words[random.below(words.size())]); break;
  case 6: bytes.insert(at, words[random.below(words.size())]); break;
  default: // many of one
    bytes.insert(at,
                 std::string(1 + random.below(random.below(20) == 0 ? 100'000 : 40), bytes[at]));
    break;
  }
}

inline void mutate(std::string &bytes, const std::vector<std::string> &words,
                   test_support::Random &random) {
  for (std::uint64_t i = random.below(6); i > 0; --i) mutateOnce(bytes, words, random);
}

} // namespace hotloop::fuzz
