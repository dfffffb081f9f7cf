#include "collectors/import/memory_snapshot/pickle.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <utility>

namespace hotloop {

namespace {

constexpr std::size_t kMostNodes = 64'000'000;
constexpr std::size_t kMostContainers = 16'000'000;
constexpr std::size_t kMostMemo = 64'000'000;
constexpr std::size_t kMostMarks = 1'000'000;      // open at a time: as deep as containers nest
constexpr std::size_t kMostElements = 256'000'000; // of all containers

// What would run code, or build what code makes.
constexpr std::pair<unsigned char, std::string_view> kForbidden[] = {
    {'c', "GLOBAL"}, {0x93, "STACK_GLOBAL"}, {'R', "REDUCE"},  {'b', "BUILD"},
    {'i', "INST"},   {'o', "OBJ"},           {0x81, "NEWOBJ"}, {0x92, "NEWOBJ_EX"},
    {'P', "PERSID"}, {'Q', "BINPERSID"},     {0x82, "EXT1"},   {0x83, "EXT2"},
    {0x84, "EXT4"},  {0x97, "NEXT_BUFFER"}};

} // namespace

// The stack machine that a pickle is a program for.
class PickleMachine {
public:
  explicit PickleMachine(std::string_view bytes) { pickle_.bytes_ = bytes; }

  Result<Pickle> run() {
    while (true) {
      opcodeAt_ = at_;
      if (at_ >= pickle_.bytes_.size()) return Unexpected(damaged("it ends before its end mark"));
      const auto opcode = static_cast<unsigned char>(pickle_.bytes_[at_++]);
      if (opcode == '.') {
        if (stack_.empty()) return Unexpected(damaged("it holds nothing"));
        pickle_.root_ = stack_.back();
        return std::move(pickle_);
      }
      HOTLOOP_TRY(execute(opcode));
      if (pickle_.nodes_.size() > kMostNodes || pickle_.lists_.size() > kMostContainers ||
          memo_.size() > kMostMemo || stack_.size() > kMostNodes || marks_.size() > kMostMarks ||
          elements_ > kMostElements)
        return Unexpected(damaged("it holds more values than a memory snapshot ever has"));
    }
  }

private:
  using Node = Pickle::Node;
  using Kind = Pickle::Kind;

  Error damaged(const std::string &what) const {
    return corrupt("the pickle is damaged at byte " + std::to_string(opcodeAt_) + ": " + what);
  }

  Node add(Kind kind, std::int64_t payload = 0, std::uint32_t size = 0) {
    pickle_.nodes_.push_back({kind, size, payload});
    return static_cast<Node>(pickle_.nodes_.size() - 1);
  }
  void push(Node node) { stack_.push_back(node); }
  void pushList(Kind kind, std::size_t from) { // takes what is on the stack from there on
    pickle_.lists_.emplace_back(stack_.begin() + static_cast<std::ptrdiff_t>(from), stack_.end());
    elements_ += stack_.size() - from;
    stack_.resize(from);
    push(add(kind, static_cast<std::int64_t>(pickle_.lists_.size() - 1)));
  }
  std::vector<Node> *listOf(Node node, Kind kind) {
    if (pickle_.nodes_[node].kind != kind) return nullptr;
    return &pickle_.lists_[static_cast<std::size_t>(pickle_.nodes_[node].payload)];
  }

  bool take(std::size_t bytes, std::string_view &taken) {
    if (bytes > pickle_.bytes_.size() - at_) return false;
    taken = pickle_.bytes_.substr(at_, bytes);
    at_ += bytes;
    return true;
  }
  // Little-endian, unsigned.
  bool takeNumber(std::size_t bytes, std::uint64_t &number) {
    std::string_view taken;
    if (!take(bytes, taken)) return false;
    number = 0;
    for (std::size_t i = 0; i < bytes; ++i)
      number |= std::uint64_t{static_cast<unsigned char>(taken[i])} << (8 * i);
    return true;
  }
  bool takeLine(std::string_view &line) {
    const auto end = pickle_.bytes_.find('\n', at_);
    if (end == std::string_view::npos) return false;
    line = pickle_.bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return true;
  }

  Result<void> cut() const { return Unexpected(damaged("it ends inside of a value")); }
  Result<void> tooFew() const { return Unexpected(damaged("a value is missing on its stack")); }

  Result<void> text(std::size_t lengthBytes) {
    std::uint64_t length = 0;
    std::string_view taken;
    if (!takeNumber(lengthBytes, length) || length > UINT32_MAX ||
        !take(static_cast<std::size_t>(length), taken))
      return cut();
    push(
        add(Kind::kText, taken.data() - pickle_.bytes_.data(), static_cast<std::uint32_t>(length)));
    return {};
  }
  Result<void> number(std::size_t bytes, bool isSigned) {
    std::uint64_t value = 0;
    if (!takeNumber(bytes, value)) return cut();
    auto whole = static_cast<std::int64_t>(value);
    if (isSigned && bytes == 4) whole = static_cast<std::int32_t>(value);
    push(add(Kind::kInteger, whole));
    return {};
  }
  // Two's complement of any length.
  Result<void> longNumber(std::size_t lengthBytes) {
    std::uint64_t length = 0;
    std::string_view digits;
    if (!takeNumber(lengthBytes, length) || !take(static_cast<std::size_t>(length), digits))
      return cut();
    if (length > 9 || (length == 9 && digits[8] != '\0')) {
      push(0); // no count of bytes, address or time is that large
      return {};
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(length, 8); ++i)
      value |= std::uint64_t{static_cast<unsigned char>(digits[i])} << (8 * i);
    if (length > 0 && length < 8 && (digits[length - 1] & 0x80) != 0)
      value |= ~std::uint64_t{0} << (8 * length);
    push(add(Kind::kInteger, static_cast<std::int64_t>(value)));
    return {};
  }
  Result<void> tuple(std::size_t count) {
    if (stack_.size() < count + lastMark()) return tooFew();
    pushList(Kind::kList, stack_.size() - count);
    return {};
  }
  std::size_t lastMark() const { return marks_.empty() ? 0 : marks_.back(); }
  Result<std::size_t> popMark() {
    if (marks_.empty()) return Unexpected(damaged("a mark is missing"));
    const std::size_t mark = marks_.back();
    marks_.pop_back();
    return mark;
  }

  // Moves what is above `from` into the container under it.
  Result<void> extend(Kind kind, std::size_t from) {
    if (from == 0 || from > stack_.size()) return tooFew();
    if (kind == Kind::kDictionary && (stack_.size() - from) % 2 != 0) return tooFew();
    std::vector<Node> *list = listOf(stack_[from - 1], kind);
    if (list == nullptr) return Unexpected(damaged("something is added to what is no container"));
    elements_ += stack_.size() - from;
    list->insert(list->end(), stack_.begin() + static_cast<std::ptrdiff_t>(from), stack_.end());
    stack_.resize(from);
    return {};
  }

  Result<void> store(std::uint64_t index) {
    if (stack_.empty()) return tooFew();
    if (index > memo_.size() + 1024) return Unexpected(damaged("a memo number is out of order"));
    if (index >= memo_.size()) memo_.resize(static_cast<std::size_t>(index) + 1);
    memo_[static_cast<std::size_t>(index)] = stack_.back();
    return {};
  }
  Result<void> load(std::size_t bytes) {
    std::uint64_t index = 0;
    if (!takeNumber(bytes, index)) return cut();
    if (index >= memo_.size()) return Unexpected(damaged("it refers to a value that is not there"));
    push(memo_[static_cast<std::size_t>(index)]);
    return {};
  }
  Result<void> put(std::size_t bytes) {
    std::uint64_t index = 0;
    if (!takeNumber(bytes, index)) return cut();
    return store(index);
  }

  Result<void> execute(unsigned char opcode);
  Result<void> executeText(unsigned char opcode);

  Pickle pickle_;
  std::vector<Node> stack_;
  std::vector<std::size_t> marks_; // sizes of the stack
  std::vector<Node> memo_;
  std::size_t elements_ = 0; // of all containers
  std::size_t at_ = 0;
  std::size_t opcodeAt_ = 0;
};

Result<void> PickleMachine::execute(unsigned char opcode) {
  std::uint64_t ignored = 0;
  switch (opcode) {
  case 0x80: return takeNumber(1, ignored) ? Result<void>() : cut(); // PROTO
  case 0x95: return takeNumber(8, ignored) ? Result<void>() : cut(); // FRAME
  case '(': marks_.push_back(stack_.size()); return {};
  case 'N': push(0); return {};
  case 0x88: push(add(Kind::kBool, 1)); return {};
  case 0x89: push(add(Kind::kBool, 0)); return {};
  case 'K': return number(1, false);
  case 'M': return number(2, false);
  case 'J': return number(4, true);
  case 0x8a: return longNumber(1);
  case 0x8b: return longNumber(4);
  case 'G': {
    std::string_view bytes;
    if (!take(8, bytes)) return cut();
    push(add(Kind::kReal));
    return {};
  }
  case 0x8c: return text(1); // SHORT_BINUNICODE
  case 'X': return text(4);
  case 0x8d: return text(8);
  case 'C': return text(1); // bytes
  case 'B': return text(4);
  case 0x8e: return text(8);
  case 'U': return text(1); // strings of Python 2
  case 'T': return text(4);
  case '}': pushList(Kind::kDictionary, stack_.size()); return {};
  case ']':
  case ')': pushList(Kind::kList, stack_.size()); return {};
  case 0x85: return tuple(1);
  case 0x86: return tuple(2);
  case 0x87: return tuple(3);
  case 't':
  case 'l':
  case 'd': {
    HOTLOOP_ASSIGN(const std::size_t mark, popMark());
    if (mark > stack_.size()) return tooFew();
    if (opcode == 'd' && (stack_.size() - mark) % 2 != 0) return tooFew();
    pushList(opcode == 'd' ? Kind::kDictionary : Kind::kList, mark);
    return {};
  }
  case 'a': return stack_.size() < 2 ? tooFew() : extend(Kind::kList, stack_.size() - 1);
  case 's': return stack_.size() < 3 ? tooFew() : extend(Kind::kDictionary, stack_.size() - 2);
  case 'e':
  case 'u': {
    HOTLOOP_ASSIGN(const std::size_t mark, popMark());
    return extend(opcode == 'e' ? Kind::kList : Kind::kDictionary, mark);
  }
  case 0x94: return store(memo_.size()); // MEMOIZE
  case 'q': return put(1);
  case 'r': return put(4);
  case 'h': return load(1);
  case 'j': return load(4);
  case '0': // POP takes a mark where one is on top
    if (!marks_.empty() && marks_.back() == stack_.size())
      marks_.pop_back();
    else if (stack_.empty())
      return tooFew();
    else
      stack_.pop_back();
    return {};
  case '1': {
    HOTLOOP_ASSIGN(const std::size_t mark, popMark());
    if (mark > stack_.size()) return tooFew();
    stack_.resize(mark);
    return {};
  }
  case '2':
    if (stack_.empty()) return tooFew();
    push(stack_.back());
    return {};
  default: return executeText(opcode);
  }
}

// Protocol 0, and what is not allowed.
Result<void> PickleMachine::executeText(unsigned char opcode) {
  const auto *forbidden =
      std::ranges::find(kForbidden, opcode, &std::pair<unsigned char, std::string_view>::first);
  if (forbidden != std::end(kForbidden))
    return Unexpected(unsupported("the pickle wants to run code (" +
                                  std::string(forbidden->second) + " at byte " +
                                  std::to_string(opcodeAt_) +
                                  "), which hotloop never does and no memory snapshot needs; do "
                                  "not load this file with Python either unless you trust it"));
  std::string_view line;
  switch (opcode) {
  case 'I':
  case 'L': {
    std::int64_t value = 0;
    if (!takeLine(line)) return cut();
    if (opcode == 'I' && (line == "00" || line == "01")) {
      push(add(Kind::kBool, line == "01"));
      return {};
    }
    std::from_chars(line.data(), line.data() + line.size(), value);
    push(add(Kind::kInteger, value));
    return {};
  }
  case 'F':
    if (!takeLine(line)) return cut();
    push(add(Kind::kReal));
    return {};
  case 'S':
  case 'V': {
    if (!takeLine(line)) return cut();
    if (opcode == 'S' && line.size() >= 2) line = line.substr(1, line.size() - 2);
    push(add(Kind::kText, line.data() - pickle_.bytes_.data(),
             static_cast<std::uint32_t>(std::min<std::size_t>(line.size(), UINT32_MAX))));
    return {};
  }
  case 'p':
  case 'g': {
    std::uint64_t index = 0;
    if (!takeLine(line)) return cut();
    std::from_chars(line.data(), line.data() + line.size(), index);
    if (opcode == 'p') return store(index);
    if (index >= memo_.size()) return Unexpected(damaged("it refers to a value that is not there"));
    push(memo_[static_cast<std::size_t>(index)]);
    return {};
  }
  default: return Unexpected(damaged("opcode " + std::to_string(opcode) + " is not known"));
  }
}

Result<Pickle> Pickle::parse(std::string_view bytes) { return PickleMachine(bytes).run(); }

std::int64_t Pickle::integer(Node node, std::int64_t fallback) const {
  const Value &value = nodes_[node];
  return value.kind == Kind::kInteger || value.kind == Kind::kBool ? value.payload : fallback;
}

std::string_view Pickle::text(Node node) const {
  const Value &value = nodes_[node];
  if (value.kind != Kind::kText) return {};
  return bytes_.substr(static_cast<std::size_t>(value.payload), value.size);
}

const std::vector<Pickle::Node> &Pickle::elements(Node node) const {
  static const std::vector<Node> kNone;
  const Value &value = nodes_[node];
  if (value.kind != Kind::kList && value.kind != Kind::kDictionary) return kNone;
  return lists_[static_cast<std::size_t>(value.payload)];
}

Pickle::Node Pickle::member(Node node, std::string_view key) const {
  if (kind(node) != Kind::kDictionary) return 0;
  const std::vector<Node> &list = elements(node);
  for (std::size_t i = 0; i + 1 < list.size(); i += 2)
    if (text(list[i]) == key && kind(list[i]) == Kind::kText) return list[i + 1];
  return 0;
}

} // namespace hotloop
