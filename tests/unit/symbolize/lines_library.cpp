#include "tests/unit/symbolize/lines_library.h"

#include <dlfcn.h>
#include <fstream>
#include <gtest/gtest.h>
#include <link.h>

#include "core/symbolize/elf_file.h"

namespace hotloop::test {
namespace {

struct Call {
  std::uintptr_t returnAddress = 0;
  bool leave = false;
};
struct Leave {};

__attribute__((noinline)) void callback(void *context) {
  auto *call = static_cast<Call *>(context);
  call->returnAddress = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  if (call->leave) throw Leave();
}

} // namespace

std::string linesPath(const std::string &name) { return LINES_FOLDER "/" + name; }
std::string linesSource() { return LINES_SOURCE; }

std::uint32_t markedLine(const std::string &mark) {
  std::ifstream source(LINES_SOURCE);
  std::uint32_t number = 0;
  for (std::string line; std::getline(source, line);) {
    ++number;
    if (line.ends_with("// mark: " + mark)) return number;
  }
  ADD_FAILURE() << "no mark " << mark << " in " << LINES_SOURCE;
  return 0;
}

std::uint64_t returnAddressIn(const std::string &path, const std::string &function) {
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    ADD_FAILURE() << dlerror();
    return 0;
  }
  using Function = void (*)(void (*)(void *), void *);
  const auto target = reinterpret_cast<Function>(dlsym(library, function.c_str()));
  link_map *map = nullptr;
  if (target == nullptr || dlinfo(library, RTLD_DI_LINKMAP, &map) != 0) {
    ADD_FAILURE() << dlerror();
    return 0;
  }
  Call call;
  call.leave = function == "targetNoReturn";
  try {
    target(&callback, &call);
  } catch (const Leave &) {
  }
  return call.returnAddress - map->l_addr;
}

std::vector<std::uint8_t> buildIdOf(const std::string &path) {
  const auto file = ElfFile::open(path);
  if (!file) return {};
  const auto id = file->buildId();
  return {id.begin(), id.end()};
}

} // namespace hotloop::test
