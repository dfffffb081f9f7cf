#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace hotloop {

// The values of a pickle that is made of plain data: None, booleans, numbers, texts, lists, tuples
// and dictionaries. Nothing in it is ever looked up, called or built: an opcode that would do so is
// an error. Values may refer to each other in circles; who walks them bounds the depth.
class Pickle {
public:
  using Node = std::uint32_t; // 0 is None, and what is absent

  enum class Kind : std::uint8_t { kNone, kBool, kInteger, kReal, kText, kList, kDictionary };

  // `bytes` must outlive the result. Errors name the byte and the opcode.
  static Result<Pickle> parse(std::string_view bytes);

  Node root() const { return root_; }
  Kind kind(Node node) const { return nodes_[node].kind; }
  // Of a number or a boolean; `fallback` for anything else. Integers beyond 64 bits count as none.
  std::int64_t integer(Node node, std::int64_t fallback = 0) const;
  std::string_view text(Node node) const; // "" for anything else
  // Elements of a list or a tuple; keys and values in turn of a dictionary; none of anything else.
  const std::vector<Node> &elements(Node node) const;
  // The value of a text key; None when it is absent or `node` is no dictionary.
  Node member(Node node, std::string_view key) const;

private:
  friend class PickleMachine;
  struct Value {
    Kind kind = Kind::kNone;
    std::uint32_t size = 0;   // of a text
    std::int64_t payload = 0; // number, offset of the text, index in lists_
  };

  std::string_view bytes_;
  std::vector<Value> nodes_{Value()};
  std::vector<std::vector<Node>> lists_;
  Node root_ = 0;
};

} // namespace hotloop
