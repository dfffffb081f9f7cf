#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace hotloop {

// Where a repeating sequence repeats: indices of the first tokens of its repetitions, rising; the
// last is where the last repetition ends (it may be the size of the sequence). Empty: not
// convincing.
struct Period {
  std::vector<std::uint32_t> starts;
  double agreement = 0; // share of the tokens that lie in repetitions alike, 0..1
};

// Finds the outermost loop of a sequence of tokens (operator names at a place) whose repetitions
// are alike but need not be equal: an operator that runs once per repetition cuts the sequence; two
// neighbouring pieces are alike when the multisets of their tokens share at least 80 %; the cut
// whose alike pieces cover most of the sequence wins, and of those within 2 % of it the one with
// most pieces. Refused: fewer than 5 pieces, agreement below 90 %, or pieces that cover less than
// half of the sequence. Linear in the sequence for each of at most 12 candidate cuts.
Period findPeriod(std::span<const std::uint32_t> tokens);

} // namespace hotloop
