// The main program of every fuzz target:
//   fuzz_<target> [--inputs N] [--seed S] [--only I]
// Input I of seed S is the same everywhere. A crash names its input, which --only runs again.

#include "tests/fuzz/fuzz_driver.h"

#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

volatile std::uint64_t currentInput = 0;

// Async-signal-safe: formats by hand.
void nameInput() {
  char text[64] = "\nfuzz: died at input ";
  std::size_t length = std::strlen(text);
  char digits[24];
  int count = 0;
  std::uint64_t number = currentInput;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0) text[length++] = digits[--count];
  text[length++] = '\n';
  static_cast<void>(!::write(STDERR_FILENO, text, length));
}

void onSignal(int signal) {
  nameInput();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void watchForDeath() {
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(nameInput);
    return;
  }
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGALRM})
    std::signal(signal, onSignal);
}

bool number(const char *text, std::uint64_t &value) {
  char *end = nullptr;
  value = std::strtoull(text, &end, 10);
  return *text != '\0' && *end == '\0';
}

} // namespace

int main(int argc, char **argv) {
  constexpr unsigned kSecondsPerInput = 60;
  std::uint64_t inputs = 1'000;
  std::uint64_t seed = 1;
  std::uint64_t only = 0;
  for (int i = 1; i < argc; i += 2) {
    std::uint64_t *option = std::strcmp(argv[i], "--inputs") == 0 ? &inputs
                            : std::strcmp(argv[i], "--seed") == 0 ? &seed
                            : std::strcmp(argv[i], "--only") == 0 ? &only
                                                                  : nullptr;
    if (option == nullptr || i + 1 == argc || !number(argv[i + 1], *option)) {
      std::fprintf(stderr, "usage: %s [--inputs N] [--seed S] [--only I]\n", argv[0]);
      return 2;
    }
  }
  watchForDeath();
  const auto target = hotloop::fuzz::makeTarget();
  const std::uint64_t first = only != 0 ? only : 1;
  const std::uint64_t last = only != 0 ? only : inputs;
  for (std::uint64_t input = first; input <= last; ++input) {
    currentInput = input;
    ::alarm(kSecondsPerInput); // an input that hangs dies by SIGALRM
    hotloop::test_support::Random random(seed * 0x9e3779b97f4a7c15u + input);
    const std::string complaint = target->run(random);
    if (complaint.empty()) continue;
    std::fprintf(stderr, "fuzz: input %llu of seed %llu: %s\n",
                 static_cast<unsigned long long>(input), static_cast<unsigned long long>(seed),
                 complaint.c_str());
    return 1;
  }
  std::printf("%llu inputs\n", static_cast<unsigned long long>(last - first + 1));
  return 0;
}
