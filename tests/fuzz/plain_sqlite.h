#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {
void *__libc_malloc(std::size_t bytes);
void *__libc_realloc(void *block, std::size_t bytes);
void __libc_free(void *block);
}

namespace hotloop::fuzz {

// SQLite parses the whole schema at every opening, in some thousand allocations. It is not
// instrumented itself, so guarding these was most of the time of a target and found nothing: they
// come from the C library, past the sanitizer's allocator. What we copy out of SQLite is guarded as
// before, and the unit tests run SQLite on the guarded heap. Call it before SQLite is used; one
// thread only.
inline void usePlainSqlite() {
  constexpr std::size_t kHead = 16; // keeps the size and the alignment
  static const sqlite3_mem_methods methods = {
      [](int bytes) -> void * {
        auto *block = static_cast<char *>(__libc_malloc(static_cast<std::size_t>(bytes) + kHead));
        if (block == nullptr) return nullptr;
        std::memcpy(block, &bytes, sizeof bytes);
        return block + kHead;
      },
      [](void *block) {
        if (block != nullptr) __libc_free(static_cast<char *>(block) - kHead);
      },
      [](void *old, int bytes) -> void * {
        auto *block = static_cast<char *>(__libc_realloc(static_cast<char *>(old) - kHead,
                                                         static_cast<std::size_t>(bytes) + kHead));
        if (block == nullptr) return nullptr;
        std::memcpy(block, &bytes, sizeof bytes);
        return block + kHead;
      },
      [](void *block) {
        int bytes = 0;
        if (block != nullptr)
          std::memcpy(&bytes, static_cast<const char *>(block) - kHead, sizeof bytes);
        return bytes;
      },
      [](int bytes) { return (bytes + 7) & ~7; },
      [](void *) { return SQLITE_OK; },
      [](void *) {},
      nullptr};
  if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK ||
      sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK ||
      sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) != SQLITE_OK)
    std::abort();
}

} // namespace hotloop::fuzz
