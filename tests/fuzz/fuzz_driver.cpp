// The main program of every fuzz target:
//   fuzz_<target> [--inputs N] [--seed S] [--only I] [--jobs J]
// Input I of seed S is the same everywhere. A crash names its input, which --only runs again. With
// --jobs that many processes share the inputs.

#include "tests/fuzz/fuzz_driver.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

// An input allocates some ten thousand times, mostly in SQLite. Call stacks of every allocation and
// a quarantine that never fits a cache are most of the time then; --only under ASAN_OPTIONS with a
// larger malloc_context_size gives the stacks of the input that died.
extern "C" const char *__asan_default_options() {
  return "malloc_context_size=2:quarantine_size_mb=4:thread_local_quarantine_size_kb=256";
}

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

struct Inputs {
  std::uint64_t seed = 1, first = 1, last = 1'000, stride = 1;
};

int runInputs(const Inputs &inputs) {
  constexpr unsigned kSecondsPerInput = 60;
  watchForDeath();
  const auto target = hotloop::fuzz::makeTarget();
  for (std::uint64_t input = inputs.first; input <= inputs.last; input += inputs.stride) {
    currentInput = input;
    ::alarm(kSecondsPerInput); // an input that hangs dies by SIGALRM
    hotloop::test_support::Random random(inputs.seed * 0x9e3779b97f4a7c15u + input);
    const std::string complaint = target->run(random);
    if (complaint.empty()) continue;
    std::fprintf(stderr, "fuzz: input %llu of seed %llu: %s\n",
                 static_cast<unsigned long long>(input),
                 static_cast<unsigned long long>(inputs.seed), complaint.c_str());
    return 1;
  }
  ::alarm(0);
  return 0;
}

// Every process takes each J-th input; all are waited for.
int runShared(const Inputs &inputs, std::uint64_t jobs) {
  for (std::uint64_t job = 0; job < jobs; ++job) {
    const pid_t child = ::fork();
    if (child < 0) {
      std::perror("fuzz: fork");
      return 1;
    }
    if (child == 0) {
      Inputs part = inputs;
      part.first += job;
      part.stride = jobs;
      std::exit(runInputs(part));
    }
  }
  int failed = 0;
  for (std::uint64_t job = 0; job < jobs; ++job) {
    int status = 0;
    if (::wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) failed = 1;
  }
  return failed;
}

} // namespace

int main(int argc, char **argv) {
  std::uint64_t inputs = 1'000;
  std::uint64_t seed = 1;
  std::uint64_t only = 0;
  std::uint64_t jobs = 1;
  for (int i = 1; i < argc; i += 2) {
    std::uint64_t *option = std::strcmp(argv[i], "--inputs") == 0 ? &inputs
                            : std::strcmp(argv[i], "--seed") == 0 ? &seed
                            : std::strcmp(argv[i], "--only") == 0 ? &only
                            : std::strcmp(argv[i], "--jobs") == 0 ? &jobs
                                                                  : nullptr;
    if (option == nullptr || i + 1 == argc || !number(argv[i + 1], *option)) {
      std::fprintf(stderr, "usage: %s [--inputs N] [--seed S] [--only I] [--jobs J]\n", argv[0]);
      return 2;
    }
  }
  const Inputs all{seed, only != 0 ? only : 1, only != 0 ? only : inputs, 1};
  const int code = only == 0 && jobs > 1 ? runShared(all, jobs) : runInputs(all);
  if (code == 0)
    std::printf("%llu inputs\n", static_cast<unsigned long long>(all.last - all.first + 1));
  return code;
}
