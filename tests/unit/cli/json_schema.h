#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace hotloop::cli {

// Checks JSON against the schemas of docs/schema: the keywords of draft 2020-12 that they use
// ($ref, $defs, type, enum, const, properties, required, additionalProperties, items, allOf,
// minimum, maximum, pattern).
class JsonSchema {
public:
  // Reads docs/schema/<name>.json.
  explicit JsonSchema(const std::string &name);

  // What is wrong, one line each ("/findings/0/rank: ..."); empty when all is well. A keyword that
  // this class does not know is a failure too.
  std::vector<std::string> check(const nlohmann::json &value) const;

private:
  std::string name_;
};

} // namespace hotloop::cli
