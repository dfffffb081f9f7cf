#include "collectors/cupti/driver_facts.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "collectors/inject/producer.h"
#include "core/trace/meta_keys.h"

namespace hotloop::cupti {
namespace {

// "580.95.05" of the first line of /proc/driver/nvidia/version; empty where it is not shown.
void readKernelModule(char *version, std::size_t capacity) {
  version[0] = '\0';
  const int file = ::open("/proc/driver/nvidia/version", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  char text[512];
  const ssize_t got = ::read(file, text, sizeof text - 1);
  ::close(file);
  text[got > 0 ? got : 0] = '\0';
  // "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build ..."
  for (const char *word = text; *word && *word != '\n';) {
    const std::size_t length = std::strcspn(word, " \t\n");
    if (length > 2 && std::strspn(word, "0123456789.") == length &&
        std::memchr(word, '.', length)) {
      std::snprintf(version, capacity, "%.*s", static_cast<int>(length), word);
      return;
    }
    word += length;
    word += std::strspn(word, " \t");
  }
}

} // namespace

void writeDriverFacts() noexcept {
  char version[64];
  readKernelModule(version, sizeof version);
  int cuda = 0;
  if (void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD)) {
    const auto ask = reinterpret_cast<int (*)(int *)>(dlsym(driver, "cuDriverGetVersion"));
    if (ask) ask(&cuda);
    dlclose(driver);
  }
  dlerror();
  char text[128];
  if (cuda > 0)
    std::snprintf(text, sizeof text, "%s%sCUDA %d.%d", version, *version ? ", " : "", cuda / 1000,
                  cuda % 1000 / 10);
  else
    std::snprintf(text, sizeof text, "%s", version);
  if (*text) inject::meta(meta_key::kDriverVersion, text);
}

} // namespace hotloop::cupti
