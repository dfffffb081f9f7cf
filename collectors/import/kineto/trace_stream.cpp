#include "collectors/import/kineto/trace_stream.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "collectors/import/kineto/event_parser.h"

namespace hotloop::kineto {

namespace {

constexpr std::size_t kChunk = 1u << 20;
constexpr std::size_t kLargestElement = 64u << 20;
// So that an element fits, and no more: a buffer is there twice while it grows.
constexpr std::size_t kLargestBuffer = kLargestElement + kLargestElement / 4 + 2 * kChunk;
constexpr std::size_t kLargestMember = 1u << 20;
constexpr std::size_t kLongestKey = 4096;
constexpr std::size_t kSlack = EventParser::kPadding + 1;

} // namespace

Error TraceStream::tooLarge() const {
  return invalidInput(path_ + ": one event at byte " + std::to_string(offset(at_)) +
                      " is larger than 64 MiB; this is no trace of a profiler, or it is damaged "
                      "there");
}

void TraceStream::breakOff(std::string where) {
  broken_ = where + " at byte " + std::to_string(bytes());
  if (!source_.trouble().empty()) broken_ += "; " + source_.trouble();
}

// Text before `at_` is dropped when the buffer is nearly full.
Result<bool> TraceStream::more() {
  if (buffer_.empty())
    buffer_.resize(kFront + kSlack + (source_.fileBytes() < kChunk / 4 ? kChunk / 4 : 2 * kChunk));
  if (end_ + kSlack + buffer_.size() / 4 > buffer_.size() && at_ > kFront) {
    std::memmove(buffer_.data() + kFront, buffer_.data() + at_, end_ - at_);
    base_ += at_ - kFront;
    end_ -= at_ - kFront;
    at_ = kFront;
  }
  if (end_ + kSlack + buffer_.size() / 8 > buffer_.size()) {
    if (end_ - at_ > kLargestElement) return Unexpected(tooLarge());
    buffer_.resize(std::min(buffer_.size() * 2, kLargestBuffer));
  }
  HOTLOOP_ASSIGN(
      const std::size_t got,
      source_.read(buffer_.data() + end_, std::min(kChunk, buffer_.size() - kSlack - end_)));
  end_ += got;
  return got > 0;
}

Result<bool> TraceStream::skipSpace(std::string_view also) {
  const std::uint64_t begin = offset(at_);
  while (true) {
    if (offset(at_) - begin > kLargestElement)
      return Unexpected(invalidInput(
          path_ + ": holds nothing but white space from byte " + std::to_string(begin) +
          " on; this is no trace of a profiler, or it is damaged there"));
    while (at_ < end_ &&
           (std::strchr(" \t\r\n", buffer_[at_]) != nullptr ||
            also.find(buffer_[at_]) != std::string_view::npos) &&
           buffer_[at_] != '\0')
      ++at_;
    if (at_ < end_) return true;
    HOTLOOP_ASSIGN(const bool got, more());
    if (!got) return false;
  }
}

Result<void> TraceStream::read(const Handlers &handlers) {
  HOTLOOP_TRY(more());
  if (rest().starts_with("\xef\xbb\xbf")) at_ += 3;
  HOTLOOP_ASSIGN(const bool any, skipSpace());
  const char root = any ? buffer_[at_] : '\0';
  if (root == '[') {
    bareArray_ = true;
    ++at_;
    return readEvents(handlers);
  }
  if (root != '{')
    return Unexpected(invalidInput(path_ + ": is no trace: it begins with neither { nor ["));
  ++at_;
  return readMembers(handlers);
}

Result<std::string> TraceStream::takeValue(std::size_t most, bool &whole) {
  std::string value;
  std::size_t taken = 0;
  if (buffer_[at_] != '{' && buffer_[at_] != '[') {
    // A word or a string: short, so looked at from its beginning again when more was read.
    std::size_t end = valueEnd(rest(), 0);
    for (bool got = true; end == StructureScanner::kNone && got && rest().size() <= most;) {
      HOTLOOP_ASSIGN(got, more());
      end = valueEnd(rest(), 0);
    }
    whole = end != StructureScanner::kNone;
    value = rest().substr(0, end);
    at_ += value.size();
    return value;
  }
  StructureScanner scanner;
  while (true) {
    // Fed piece by piece, so that a large member costs no memory.
    scanner.scanPiece(rest());
    if (scanner.lastEnd() != StructureScanner::kNone) {
      const std::size_t end = scanner.firstEnd();
      if (taken + end <= most) value.append(rest().substr(0, end));
      taken += end;
      at_ += end;
      break;
    }
    if (taken + rest().size() <= most) value.append(rest());
    taken += rest().size();
    at_ = end_;
    HOTLOOP_ASSIGN(const bool got, more());
    if (!got) break;
  }
  whole = scanner.lastEnd() != StructureScanner::kNone;
  if (taken > most) value.clear();
  return value;
}

Result<void> TraceStream::readMembers(const Handlers &handlers) {
  bool sawEvents = false;
  while (true) {
    HOTLOOP_ASSIGN(const bool any, skipSpace(","));
    if (!any) {
      breakOff("the file ends inside of its outermost object");
      break;
    }
    if (buffer_[at_] == '}') break;
    bool whole = false;
    const std::uint64_t keyAt = offset(at_);
    HOTLOOP_ASSIGN(std::string key, takeValue(kLongestKey, whole));
    HOTLOOP_ASSIGN(const bool valued, skipSpace(":"));
    if (!whole || key.size() < 2 || key.front() != '"' || !valued) {
      if (valued && whole)
        return Unexpected(invalidInput(path_ + ": is no valid JSON at byte " +
                                       std::to_string(keyAt) +
                                       ": the name of a member is missing"));
      breakOff("the file ends inside of its outermost object");
      break;
    }
    key = key.substr(1, key.size() - 2);
    if (key == "traceEvents" && buffer_[at_] == '[') {
      sawEvents = true;
      ++at_;
      HOTLOOP_TRY(readEvents(handlers));
      if (!broken_.empty()) break;
      continue;
    }
    HOTLOOP_ASSIGN(const std::string value, takeValue(kLargestMember, whole));
    if (!whole) {
      breakOff("the file ends inside of \"" + key + "\"");
      break;
    }
    if (!value.empty()) handlers.member(key, value);
  }
  if (!sawEvents)
    return Unexpected(invalidInput(path_ +
                                   ": is JSON, but no trace: it has no array \"traceEvents\"" +
                                   (broken_.empty() ? std::string() : " (" + broken_ + ")")));
  return {};
}

Result<void> TraceStream::readEvents(const Handlers &handlers) {
  StructureScanner scanner;
  std::size_t scanned = at_; // where the scanner's text begins
  while (true) {
    scanner.scan({buffer_.data() + scanned, end_ - scanned});
    if (scanner.lastEnd() != StructureScanner::kNone && scanned + scanner.lastEnd() > at_) {
      char *last = buffer_.data() + scanned + scanner.lastEnd();
      const auto first = rest().find_first_not_of(" \t\r\n,");
      handlers.events(buffer_.data() + at_ + first, last);
      at_ = scanned + scanner.lastEnd();
      scanner.dropFront(at_ - scanned);
      scanned = at_;
    }
    if (scanner.arrayEnd() != StructureScanner::kNone) {
      at_ = scanned + scanner.arrayEnd() + 1;
      return {};
    }
    // White space, however much of it.
    if (!scanner.insideElement() &&
        rest().find_first_not_of(" \t\r\n,") == std::string_view::npos) {
      at_ = end_;
      scanner.dropFront(at_ - scanned);
      scanned = at_;
    }
    const std::size_t before = at_;
    if (end_ - at_ > kLargestElement) return Unexpected(tooLarge());
    HOTLOOP_ASSIGN(const bool got, more());
    scanned -= before - at_; // the text may have been moved to the front
    if (got) continue;
    // A crash leaves "[{...}," or half an event; with an array alone, a missing ] is allowed.
    if (scanner.insideElement())
      breakOff("the file ends inside of an event");
    else if (!bareArray_ || !source_.trouble().empty())
      breakOff("the file ends inside of its events");
    at_ = end_;
    return {};
  }
}

} // namespace hotloop::kineto
