#pragma once

#include <vector>

#include "analyzers/rules/loop_finder.h"

namespace hotloop {

// A loop that picks a slice or rows and multiplies them, in every turn.
struct ProductLoop {
  RepeatedLoop loop;
  double products = 0;
};

class ProductLoops {
public:
  explicit ProductLoops(const RuleInput &input);
  std::vector<ProductLoop> find(const CalledRun &run) const;

private:
  const RuleInput &input_;
  NameSet picks_, products_;
};

} // namespace hotloop
