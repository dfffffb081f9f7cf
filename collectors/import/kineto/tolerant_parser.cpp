#include <algorithm>

#include "collectors/import/kineto/event_parser.h"
#include "collectors/import/kineto/structure_scanner.h"

namespace hotloop::kineto {

namespace {

class Members {
public:
  explicit Members(std::string_view object) : text_(object) {}

  // Steps to the next member; false at the end of the object, or when it cannot be read.
  bool next(std::string_view &key, Value &value) {
    skip(" \t\r\n,{");
    if (at_ >= text_.size() || text_[at_] == '}') {
      ended_ = at_ < text_.size();
      return false;
    }
    if (text_[at_] != '"') return false;
    const std::size_t keyEnd = valueEnd(text_, at_);
    if (keyEnd == StructureScanner::kNone) return false;
    key = text_.substr(at_ + 1, keyEnd - at_ - 2);
    at_ = keyEnd;
    skip(" \t\r\n:");
    if (at_ >= text_.size()) return false;
    const std::size_t end = std::min(valueEnd(text_, at_), text_.size());
    std::string_view token = text_.substr(at_, end - at_);
    if (token.empty()) return false;
    if (token.front() == '"')
      value = {token.substr(1, token.size() - 2), Value::Kind::kString};
    else
      value = {token, Value::Kind::kPlain};
    at_ = end;
    return true;
  }
  bool ended() const { return ended_; }

private:
  void skip(std::string_view what) {
    at_ = std::min(text_.find_first_not_of(what, at_), text_.size());
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

void take(Field field, Value value, Event &event) {
  if (!value.isString() && isNonFinite(value.text)) {
    event.nonFinite = true;
    return;
  }
  if (field != Field::kUnknown) event.set(field, value);
}

} // namespace

bool parseTolerantly(std::string_view object, Event &event) {
  std::string_view key;
  Value value;
  Members members(object);
  while (members.next(key, value)) {
    if (key != "args") {
      take(eventField(key), value, event);
      continue;
    }
    if (value.text.empty() || value.text.front() != '{' || value.isString()) continue;
    std::string_view argument;
    Value argumentValue;
    Members arguments(value.text);
    while (arguments.next(argument, argumentValue))
      take(argumentField(argument), argumentValue, event);
  }
  return members.ended();
}

} // namespace hotloop::kineto
