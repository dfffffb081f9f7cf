#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "cli/arguments/arguments.h"
#include "cli/surroundings.h"
#include "core/base/result.h"
#include "core/report/style.h"

namespace hotloop::cli {

// Exit codes (docs/cli/exit-codes.md); `record` also passes on its program's own.
inline constexpr int kExitOk = 0;
inline constexpr int kExitDiffers = 1;      // a comparison or a check failed
inline constexpr int kExitUsage = 2;        // a flag, a value, a file
inline constexpr int kExitNothing = 3;      // nothing measured, or not comparable
inline constexpr int kExitInconclusive = 4; // noise hides the answer, and the policy says so
inline constexpr int kExitOwnFailure = 125; // record: hotloop itself
inline constexpr int kExitNotExecutable = 126;
inline constexpr int kExitNotFound = 127;

// What a command works with. Results go to emit(), words to the user to note().
struct CommandContext {
  const Arguments &arguments;
  const Surroundings &surroundings;
  Style style;           // of the result
  Style messageStyle;    // of messages
  std::size_t width;     // of the result; very large when it does not go to a terminal
  int verbosity = 0;     // -1 with --quiet, 1 with -v, ...
  bool progress = false; // a terminal looks on and does not mind

  // --format (or --json), "text" by default.
  std::string format() const;
  // Writes a result to --output, else to standard output. Errors: file exists (without --force),
  // not writable.
  Result<void> emit(std::string_view result) const;
  // One line on standard error; not with --quiet.
  void note(std::string_view line) const;
};

// One verb of the program. Its help is docs/cli/<name>.md.
struct Command {
  std::string_view name;
  std::string_view summary; // as the overview of docs/cli/hotloop.md has it
  CommandSyntax syntax;
  // Exit code, or an error whose sentence is printed.
  Result<int> (*run)(const CommandContext &context) = nullptr;
  int usageExit = kExitUsage; // for words that cannot be understood
};

// Every verb, in the order of the overview.
std::span<const Command> commands();

} // namespace hotloop::cli
