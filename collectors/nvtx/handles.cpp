#include "collectors/nvtx/handles.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace hotloop::nvtx {
namespace {

struct Node {
  Domain domain;
  Node *next;
};
// Only grows, by pushing in front: readers need no lock.
constinit std::atomic<Node *> domains{nullptr};
constinit std::atomic<std::uint32_t> domainCount{0};

const char *copyOf(std::string_view text) {
  auto *copy = static_cast<char *>(std::malloc(text.size() + 1));
  if (!copy) return nullptr;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

const Domain *find(const Node *from, const Node *to, std::string_view name) {
  for (; from != to; from = from->next)
    if (std::string_view(from->domain.name, from->domain.length) == name) return &from->domain;
  return nullptr;
}

} // namespace

const Domain *domain(std::string_view name) noexcept {
  Node *head = domains.load(std::memory_order_acquire);
  if (const Domain *known = find(head, nullptr, name)) return known;
  const char *copy = copyOf(name);
  auto *node = copy ? static_cast<Node *>(std::malloc(sizeof(Node))) : nullptr;
  if (!node) return nullptr;
  new (node) Node{{domainCount.fetch_add(1, std::memory_order_relaxed) + 1,
                   static_cast<std::uint32_t>(name.size()), copy},
                  head};
  while (!domains.compare_exchange_weak(node->next, node, std::memory_order_acq_rel)) {
    // Others were faster: perhaps with the same name. Our copy is then left unused.
    if (const Domain *known = find(node->next, head, name)) return known;
    head = node->next;
  }
  return &node->domain;
}

const RegisteredString *registerString(std::string_view text) noexcept {
  const char *copy = copyOf(text);
  auto *entry =
      copy ? static_cast<RegisteredString *>(std::malloc(sizeof(RegisteredString))) : nullptr;
  if (entry) new (entry) RegisteredString{static_cast<std::uint32_t>(text.size()), copy};
  return entry;
}

std::string_view narrow(const wchar_t *text, char *buffer, std::size_t capacity) noexcept {
  std::size_t used = 0;
  for (; text && *text; ++text) {
    auto code = static_cast<std::uint32_t>(*text);
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
    const std::size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (used + size > capacity) break;
    if (size == 1) {
      buffer[used++] = static_cast<char>(code);
      continue;
    }
    static constexpr std::uint32_t kLead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    buffer[used] = static_cast<char>(kLead[size] | (code >> (6 * (size - 1))));
    for (std::size_t i = 1; i < size; ++i)
      buffer[used + i] = static_cast<char>(0x80 | ((code >> (6 * (size - 1 - i))) & 0x3f));
    used += size;
  }
  return {buffer, used};
}

} // namespace hotloop::nvtx
