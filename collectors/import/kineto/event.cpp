#include "collectors/import/kineto/event.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace hotloop::kineto {

namespace {

struct Spelling {
  std::string_view key;
  Field field = Field::kUnknown;
};

constexpr Spelling kEventKeys[] = {
    {"ph", Field::kPhase},     {"cat", Field::kCategory}, {"name", Field::kName},
    {"pid", Field::kProcess},  {"tid", Field::kThread},   {"ts", Field::kTime},
    {"dur", Field::kDuration}, {"id", Field::kId},
};

constexpr Spelling kArgumentKeys[] = {
    {"External id", Field::kExternalId},
    {"external id", Field::kExternalId},
    {"correlation", Field::kCorrelation},
    {"cbid", Field::kCallback},
    {"cid", Field::kCallback},
    {"stream", Field::kStream},
    {"device", Field::kDevice},
    {"context", Field::kContext},
    {"bytes", Field::kBytes},
    {"grid", Field::kGrid},
    {"block", Field::kBlock},
    {"registers per thread", Field::kRegisters},
    {"shared memory", Field::kSharedMemory},
    {"graph id", Field::kGraph},
    {"graph node id", Field::kGraphNode},
    {"priority", Field::kPriority},
    {"Sequence number", Field::kSequence},
    {"Fwd thread id", Field::kForwardThread},
    {"Call stack", Field::kCallStack},
    {"cuda_sync_kind", Field::kSyncKind},
    {"wait_on_stream", Field::kWaitOnStream},
    {"wait_on_cuda_event_record_corr_id", Field::kWaitOnRecord},
    {"wait_on_cuda_event_id", Field::kWaitOnEvent},
    {"event_id", Field::kEvent},
    {"Addr", Field::kAddress},
    {"Bytes", Field::kMemoryBytes},
    {"Total Allocated", Field::kTotalAllocated},
    {"Total Reserved", Field::kTotalReserved},
    {"Device Type", Field::kDeviceType},
    {"Device Id", Field::kDeviceId},
    {"static shared memory", Field::kStaticShared},
    {"status", Field::kStatus},
    {"value", Field::kValue},
    {"Allocator", Field::kAllocator},
    {"Action", Field::kAction},
    {"NVTX kind", Field::kRangeKind},
    {"NVTX domain", Field::kRangeDomain},
    {"NVTX category", Field::kRangeCategory},
    {"NVTX color", Field::kRangeColor},
    {"NVTX payload", Field::kRangePayload},
    {"name", Field::kLabel},
    {"labels", Field::kLabels},
};

// Open addressing over a table that is mostly empty: one comparison for nearly every key.
class KeyTable {
public:
  template <std::size_t N> explicit KeyTable(const Spelling (&spellings)[N]) {
    static_assert(2 * N < kSlots);
    for (const Spelling &spelling : spellings) {
      std::size_t at = slot(spelling.key);
      while (!slots_[at].key.empty()) at = (at + 1) % kSlots;
      slots_[at] = spelling;
    }
  }

  Field find(std::string_view key) const {
    if (key.empty()) return Field::kUnknown;
    for (std::size_t at = slot(key); !slots_[at].key.empty(); at = (at + 1) % kSlots)
      if (slots_[at].key == key) return slots_[at].field;
    return Field::kUnknown;
  }

private:
  static constexpr std::size_t kSlots = 256;
  static std::size_t slot(std::string_view key) {
    const auto first = static_cast<unsigned char>(key.front());
    const auto last = static_cast<unsigned char>(key.back());
    return (key.size() * 37 + first * 5u + last * 11u) % kSlots;
  }
  std::array<Spelling, kSlots> slots_;
};

bool isDigit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::int64_t> roundedNanoseconds(double microseconds) {
  const double ns = std::round(microseconds * 1000);
  if (!(std::abs(ns) < 9.2e18)) return std::nullopt;
  return static_cast<std::int64_t>(ns);
}

void appendUtf8(std::string &out, std::uint32_t code) {
  const auto byte = [&](std::uint32_t bits) { out.push_back(static_cast<char>(bits)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6);
    byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3f));
    byte(0x80 | (code >> 6 & 0x3f));
    byte(0x80 | (code & 0x3f));
  }
}

std::optional<std::uint32_t> fourHexDigits(std::string_view text) {
  std::uint32_t code = 0;
  if (text.size() < 4) return std::nullopt;
  const auto parsed = std::from_chars(text.data(), text.data() + 4, code, 16);
  if (parsed.ptr != text.data() + 4) return std::nullopt;
  return code;
}

} // namespace

Field eventField(std::string_view key) {
  static const KeyTable table(kEventKeys);
  return table.find(key);
}

Field argumentField(std::string_view key) {
  static const KeyTable table(kArgumentKeys);
  return table.find(key);
}

bool isNonFinite(std::string_view plain) {
  if (!plain.empty() && (plain[0] == '-' || plain[0] == '+')) plain.remove_prefix(1);
  if (plain.size() < 3) return false;
  const auto lower = [&](std::size_t i) { return static_cast<char>(plain[i] | 0x20); };
  return (lower(0) == 'n' && lower(1) == 'a' && lower(2) == 'n') ||
         (lower(0) == 'i' && lower(1) == 'n' && lower(2) == 'f');
}

std::optional<std::int64_t> integerOf(Value value) {
  std::string_view text = value.text;
  if (!value) return std::nullopt;
  if (value.isString()) { // "stream 7"
    while (!text.empty() && !isDigit(text.front()) && text.front() != '-') text.remove_prefix(1);
  }
  std::int64_t whole = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), whole);
  if (parsed.ec == std::errc::result_out_of_range) {
    std::uint64_t bits = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), bits).ec != std::errc())
      return std::nullopt;
    return static_cast<std::int64_t>(bits);
  }
  if (parsed.ec != std::errc()) return std::nullopt;
  const char *rest = parsed.ptr;
  const char *end = text.data() + text.size();
  if (rest != end && (*rest == 'e' || *rest == 'E' || *rest == '.') && !value.isString()) {
    double real = 0;
    if (std::from_chars(text.data(), end, real).ec != std::errc() || !(std::abs(real) < 9.2e18))
      return std::nullopt;
    return static_cast<std::int64_t>(real);
  }
  return whole;
}

std::optional<std::int64_t> nanosecondsOf(Value value) {
  std::string_view text = value.text;
  if (!value) return std::nullopt;
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  std::uint64_t count = 0;
  std::size_t i = 0;
  for (; i < text.size() && isDigit(text[i]); ++i) {
    if (i > 15) break;
    count = count * 10 + static_cast<std::uint64_t>(text[i] - '0');
  }
  const bool plain = i > 0 && (i == text.size() || text[i] == '.');
  int decimals = 0;
  bool roundUp = false;
  if (plain && i < text.size()) {
    for (++i; i < text.size() && isDigit(text[i]); ++i) {
      if (decimals < 3)
        count = count * 10 + static_cast<std::uint64_t>(text[i] - '0');
      else if (decimals == 3)
        roundUp = text[i] >= '5';
      ++decimals;
    }
  }
  if (!plain || i != text.size()) { // an exponent, or more digits than any clock has
    double real = 0;
    const char *end = value.text.data() + value.text.size();
    const auto parsed = std::from_chars(value.text.data(), end, real);
    if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
    return roundedNanoseconds(real);
  }
  for (; decimals < 3; ++decimals) count *= 10;
  if (count > 9'200'000'000'000'000'000u) return std::nullopt;
  const auto ns = static_cast<std::int64_t>(count + (roundUp ? 1 : 0));
  return negative ? -ns : ns;
}

std::string_view unescaped(std::string_view escaped, std::string &room) {
  if (escaped.find('\\') == std::string_view::npos) return escaped;
  room.clear();
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '\\' || i + 1 == escaped.size()) {
      room.push_back(escaped[i]);
      continue;
    }
    const char c = escaped[++i];
    switch (c) {
    case 'n': room.push_back('\n'); break;
    case 't': room.push_back('\t'); break;
    case 'r': room.push_back('\r'); break;
    case 'b': room.push_back('\b'); break;
    case 'f': room.push_back('\f'); break;
    case 'u': {
      auto code = fourHexDigits(escaped.substr(i + 1));
      if (!code) {
        room.append("\\u");
        break;
      }
      i += 4;
      if (*code >= 0xd800 && *code < 0xdc00 && escaped.substr(i + 1, 2) == "\\u") {
        const auto low = fourHexDigits(escaped.substr(std::min(i + 3, escaped.size())));
        if (low && *low >= 0xdc00 && *low < 0xe000) {
          code = 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00);
          i += 6;
        }
      }
      appendUtf8(room, *code >= 0xd800 && *code < 0xe000 ? 0xfffd : *code);
      break;
    }
    default: room.push_back(c); break; // \" \\ \/
    }
  }
  return room;
}

} // namespace hotloop::kineto
