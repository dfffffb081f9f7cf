#include "collectors/python/interpreter.h"

#include <dlfcn.h>
#include <link.h>

#include <cstdio>
#include <cstring>
#include <string_view>

#include "collectors/inject/producer.h"

namespace hotloop::python {

std::atomic<const Interpreter *> currentInterpreter{nullptr};

namespace {

std::atomic<bool> refused{false};
std::atomic<bool> looking{false};
Interpreter found; // written once, before it is published in currentInterpreter

// Path of a loaded libpython, for programs that opened one with RTLD_LOCAL.
int rememberLibpython(dl_phdr_info *info, std::size_t, void *path) {
  const std::string_view name = info->dlpi_name == nullptr ? "" : info->dlpi_name;
  const std::size_t slash = name.rfind('/');
  const std::string_view base = slash == std::string_view::npos ? name : name.substr(slash + 1);
  if (!base.starts_with("libpython3.") || name.size() >= 4096) {
    return 0;
  }
  std::memcpy(path, name.data(), name.size());
  static_cast<char *>(path)[name.size()] = '\0';
  return 1;
}

template <class Function> bool resolve(void *handle, const char *name, Function &to) {
  to = reinterpret_cast<Function>(dlsym(handle, name));
  return to != nullptr;
}

bool findPython(void *&handle) {
  if (dlsym(RTLD_DEFAULT, "PyGILState_GetThisThreadState") != nullptr) {
    handle = RTLD_DEFAULT; // which is null
    return true;
  }
  char path[4096];
  if (dl_iterate_phdr(rememberLibpython, path) == 0) {
    return false;
  }
  handle = dlopen(path, RTLD_NOLOAD | RTLD_LAZY | RTLD_LOCAL);
  return handle != nullptr;
}

// Null while there is no initialised interpreter.
const Interpreter *look(inject::ThreadState &thread) {
  void *handle = RTLD_DEFAULT;
  const char *(*version)() = nullptr;
  if (!findPython(handle) || !resolve(handle, "Py_IsInitialized", found.isInitialized) ||
      found.isInitialized() == 0 || !resolve(handle, "Py_GetVersion", version)) {
    return nullptr;
  }
  char number[32] = {}; // "3.11.7 (main, ...": up to the blank
  std::snprintf(number, sizeof number, "%.*s", static_cast<int>(std::strcspn(version(), " ")),
                version());
  inject::meta(thread, "python_version", number);
  int major = 0;
  int minor = 0;
  std::sscanf(number, "%d.%d", &major, &minor);
  const auto offsets = offsetsFor(major, minor, dlsym(handle, "_PyRuntime"));
  if (!offsets) {
    char why[192];
    std::snprintf(
        why, sizeof why,
        "Python %s: frames can be read of CPython 3.11, 3.12 and 3.13 (not free-threaded), so this "
        "run has no Python lines",
        number);
    refuse(thread, why);
    return nullptr;
  }
  found.offsets = *offsets;
  if (!resolve(handle, "PyGILState_GetThisThreadState", found.threadState) ||
      !resolve(handle, "PyGILState_Check", found.holdsGil) ||
      !resolve(handle, "PyGC_Disable", found.disableGc) ||
      !resolve(handle, "PyGC_Enable", found.enableGc) ||
      !resolve(handle, "PyEval_GetFrame", found.currentFrame) ||
      !resolve(handle, "PyFrame_GetCode", found.frameCode) ||
      !resolve(handle, "PyFrame_GetLineNumber", found.frameLine) ||
      !resolve(handle, "Py_DecRef", found.release) ||
      !resolve(handle, "PyCode_Type", found.codeType)) {
    refuse(thread, "the Python of this process does not export the usual C API, so this run has no "
                   "Python lines");
    return nullptr;
  }
  return &found;
}

} // namespace

const Interpreter *findInterpreter(inject::ThreadState &thread) noexcept {
  if (refused.load(std::memory_order_relaxed) ||
      looking.exchange(true, std::memory_order_acquire)) {
    return nullptr;
  }
  const Interpreter *python = currentInterpreter.load(std::memory_order_acquire);
  if (python == nullptr) {
    python = look(thread);
    currentInterpreter.store(python, std::memory_order_release);
  }
  looking.store(false, std::memory_order_release);
  return python;
}

bool isRefused() noexcept { return refused.load(std::memory_order_relaxed); }

void refuse(inject::ThreadState &thread, const char *why) noexcept {
  if (refused.exchange(true)) {
    return;
  }
  currentInterpreter.store(nullptr, std::memory_order_release);
  inject::meta(thread, "python_frames", why);
  inject::count(ring::Counter::kPythonFramesRefused);
}

SelfCheck selfCheck(const Interpreter &python) noexcept {
  const void *tstate = python.threadState();
  if (tstate == nullptr || python.holdsGil() == 0) {
    return SelfCheck::kImpossible;
  }
  // The API may make a frame object, which may start a collection, which may run anything.
  const int collecting = python.disableGc();
  void *frame = python.currentFrame();
  SelfCheck result = SelfCheck::kImpossible;
  if (frame != nullptr) {
    void *code = python.frameCode(frame);
    const int line = python.frameLine(frame);
    const Offsets &at = python.offsets;
    result = SelfCheck::kDiffers;
    walk(python, tstate, [&](const Frame &ours) {
      if (ours.code == code) { // or else its fields mean nothing to us
        const void *table = readAt<const void *>(code, at.codeLineTable);
        const int ourLine = lineOf(static_cast<const std::uint8_t *>(table) + at.bytesData,
                                   readAt<std::size_t>(table, at.bytesLength),
                                   readAt<int>(code, at.codeFirstLine), ours.instruction);
        result = ourLine == line || (ourLine < 0 && line <= 0) ? SelfCheck::kAgrees
                                                               : SelfCheck::kDiffers;
      }
      return false;
    });
    python.release(code);
  }
  if (collecting != 0) {
    python.enableGc();
  }
  return result;
}

} // namespace hotloop::python
