#include "collectors/import/kineto/event_parser.h"

#include <simdjson.h>

#include <cstring>
#include <utility>

#include "collectors/import/kineto/structure_scanner.h"

namespace hotloop::kineto {

namespace {

namespace ondemand = simdjson::ondemand;

bool isSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

std::string_view keyOf(ondemand::field &field) {
  const char *raw = field.key().raw();
  const char *end = raw;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {raw, static_cast<std::size_t>(end - raw)};
}

// The token of a scalar, with what stands around it taken off.
Value scalarOf(std::string_view token) {
  while (!token.empty() && isSpace(token.back())) token.remove_suffix(1);
  if (token.size() >= 2 && token.front() == '"')
    return {token.substr(1, token.size() - 2), Value::Kind::kString};
  return {token, Value::Kind::kPlain};
}

bool mayBeNonFinite(std::string_view token) {
  const char c = static_cast<char>(token[0] | 0x20);
  return (c == 'n' || c == 'i' || token[0] == '-') && isNonFinite(token);
}

// Takes a member that somebody looks at; simdjson skips the others by itself.
simdjson::error_code take(ondemand::field &member, Field field, Event &event) {
  const std::string_view token = member.value().raw_json_token();
  if (token.empty()) return simdjson::TAPE_ERROR;
  if (mayBeNonFinite(token)) {
    event.nonFinite = true;
    return simdjson::SUCCESS;
  }
  if (field == Field::kUnknown) return simdjson::SUCCESS;
  if (token[0] == '{') return simdjson::SUCCESS;
  if (token[0] == '[') {
    ondemand::array array;
    std::string_view whole;
    if (auto code = member.value().get_array().get(array); code != simdjson::SUCCESS) return code;
    if (auto code = array.raw_json().get(whole); code != simdjson::SUCCESS) return code;
    event.set(field, {whole, Value::Kind::kPlain});
    return simdjson::SUCCESS;
  }
  event.set(field, scalarOf(token));
  return simdjson::SUCCESS;
}

simdjson::error_code readArguments(ondemand::value &value, Event &event) {
  ondemand::object arguments;
  if (auto code = value.get_object().get(arguments); code != simdjson::SUCCESS) return code;
  for (auto found : arguments) {
    ondemand::field member;
    if (auto code = std::move(found).get(member); code != simdjson::SUCCESS) return code;
    const Field field = argumentField(keyOf(member));
    if (auto code = take(member, field, event); code != simdjson::SUCCESS) return code;
  }
  return simdjson::SUCCESS;
}

simdjson::error_code readEvent(ondemand::object &object, Event &event) {
  for (auto found : object) {
    ondemand::field member;
    if (auto code = std::move(found).get(member); code != simdjson::SUCCESS) return code;
    const std::string_view key = keyOf(member);
    if (key == "args") {
      if (member.value().raw_json_token().front() != '{') continue;
      if (auto code = readArguments(member.value(), event); code != simdjson::SUCCESS) return code;
      continue;
    }
    if (auto code = take(member, eventField(key), event); code != simdjson::SUCCESS) return code;
  }
  return simdjson::SUCCESS;
}

} // namespace

struct EventParser::Simd {
  ondemand::parser parser;
};

EventParser::EventParser() : simd_(std::make_unique<Simd>()) {}
EventParser::~EventParser() = default;

void EventParser::hand(const std::function<void(const Event &)> &handle) {
  ++counts_.events;
  if (event_.nonFinite) ++counts_.nonFinite;
  handle(event_);
}

char *EventParser::parseMany(char *first, char *last,
                             const std::function<void(const Event &)> &handle) {
  const char before = std::exchange(first[-1], '[');
  const char after = std::exchange(*last, ']');
  char *stop = first; // the element at hand
  bool done = false;  // it was handed on
  [&] {
    const auto size = static_cast<std::size_t>(last - first) + 2;
    ondemand::document document;
    if (simd_->parser.iterate(first - 1, size, size + simdjson::SIMDJSON_PADDING).get(document) !=
        simdjson::SUCCESS)
      return;
    ondemand::array elements;
    if (document.get_array().get(elements) != simdjson::SUCCESS) return;
    for (auto found : elements) {
      ondemand::value element;
      if (std::move(found).get(element) != simdjson::SUCCESS) return;
      const std::string_view token = element.raw_json_token();
      if (token.empty()) return;
      stop = first + (token.data() - first);
      done = false;
      if (token[0] != '{') {
        ++counts_.skipped;
        done = true;
        continue;
      }
      ondemand::object object;
      event_.clear();
      if (element.get_object().get(object) != simdjson::SUCCESS) return;
      if (readEvent(object, event_) != simdjson::SUCCESS) return;
      hand(handle);
      done = true;
    }
    stop = last;
  }();
  first[-1] = before;
  *last = after;
  if (stop == last || !done) return stop;
  const std::size_t end = valueEnd({stop, static_cast<std::size_t>(last - stop)}, 0);
  return end == StructureScanner::kNone ? last : stop + end;
}

void EventParser::parseOne(char *first, char *last,
                           const std::function<void(const Event &)> &handle) {
  if (parseMany(first, last, handle) == last) return;
  event_.clear();
  if (*first == '{' && parseTolerantly({first, static_cast<std::size_t>(last - first)}, event_)) {
    ++counts_.tolerated;
    hand(handle);
  } else {
    ++counts_.skipped;
  }
}

void EventParser::parse(char *first, char *last, const std::function<void(const Event &)> &handle) {
  char *next = parseMany(first, last, handle);
  // One bad element makes simdjson give up the rest: go on one by one.
  while (next < last) {
    const std::string_view rest(next, static_cast<std::size_t>(last - next));
    const auto begin = rest.find_first_not_of(" \t\r\n,");
    if (begin == std::string_view::npos) return;
    const std::size_t end = valueEnd(rest, begin);
    char *elementEnd = end == StructureScanner::kNone ? last : next + end;
    if (elementEnd == next + begin) return; // a bracket that closes nothing
    parseOne(next + begin, elementEnd, handle);
    next = elementEnd;
  }
}

} // namespace hotloop::kineto
