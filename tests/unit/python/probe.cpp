// A shared library for frames_test.py: the Python collector over a stand-in for the recorder,
// called through ctypes.
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "collectors/inject/producer.h"
#include "collectors/python/interpreter.h"

namespace hotloop::inject {

struct ThreadState {
  void *python = nullptr;
};

namespace {

struct Defined {
  std::string function, file;
  std::uint32_t line;
  bool user;
};
std::mutex mutex;
std::vector<Defined> defined;
std::map<std::string, std::string> facts;
std::uint64_t refusals = 0;
const FrameWalker *walker = nullptr;
thread_local ThreadState state;
std::uint32_t currentEpoch = 1;

std::string show(std::uint32_t id) {
  if (id == 0) {
    return "none";
  }
  const std::lock_guard lock(mutex);
  const Defined &frame = defined.at(id - 1);
  return frame.function + "|" + frame.file + "|" + std::to_string(frame.line) + "|" +
         (frame.user ? "user" : "library");
}

int give(const std::string &text, char *out, int capacity) {
  if (static_cast<int>(text.size()) >= capacity) {
    return -1;
  }
  std::memcpy(out, text.c_str(), text.size() + 1);
  return static_cast<int>(text.size());
}

} // namespace

std::uint32_t epoch(const ThreadState &) noexcept { return currentEpoch; }
void *&slot(ThreadState &thread, Slot) noexcept { return thread.python; }
void setSlotDestructor(Slot, void (*)(void *) noexcept) noexcept {}
void setFrameWalker(const FrameWalker *given) noexcept { walker = given; }
void meta(ThreadState &, std::string_view key, std::string_view value) noexcept {
  const std::lock_guard lock(mutex);
  facts[std::string(key)] = value;
}
void count(ring::Counter counter, std::uint64_t add) noexcept {
  refusals += counter == ring::Counter::kPythonFramesRefused ? add : 0;
}
std::uint32_t internPythonFrame(ThreadState &, std::string_view function, std::string_view file,
                                std::uint32_t line, bool user) noexcept {
  const std::lock_guard lock(mutex);
  defined.push_back({std::string(function), std::string(file), line, user});
  return static_cast<std::uint32_t>(defined.size());
}

} // namespace hotloop::inject

using namespace hotloop::inject;

#define PROBE extern "C" __attribute__((visibility("default")))

// "function|file|line|user" of the leaf; -1: too long.
PROBE int probe_leaf(char *out, int capacity) {
  return give(show(walker->leaf(state)), out, capacity);
}

// All frames, one a line.
PROBE int probe_stack(char *out, int capacity) {
  std::uint32_t ids[64];
  std::string text;
  const std::size_t count = walker->stack(state, ids, 64);
  for (std::size_t i = 0; i < count; ++i) {
    text += show(ids[i]) + "\n";
  }
  return give(text, out, capacity);
}

PROBE int probe_meta(const char *key, char *out, int capacity) {
  return give(facts[key], out, capacity);
}
PROBE void probe_next_epoch() { ++currentEpoch; }
PROBE unsigned long probe_refusals() { return refusals; }
PROBE unsigned long probe_definitions() { return defined.size(); }
PROBE void probe_repeat_leaf(int times) {
  for (int i = 0; i < times; ++i) {
    walker->leaf(state);
  }
}

// 0 impossible, 1 agrees, 2 differs; `spoil`: with the first line read from a wrong place.
PROBE int probe_self_check(int spoil) {
  const auto *python = hotloop::python::currentInterpreter.load();
  if (python == nullptr) {
    return 0;
  }
  hotloop::python::Interpreter copy = *python;
  copy.offsets.codeFirstLine += spoil != 0 ? 8 : 0;
  return static_cast<int>(hotloop::python::selfCheck(copy));
}
PROBE void probe_refuse(const char *why) { hotloop::python::refuse(state, why); }

namespace {
const bool installed = [] {
  installPythonCollector();
  return true;
}();
} // namespace
