#pragma once

#include <string_view>
#include <vector>

// The command line as data: parser, completion scripts and the check of docs/cli all read it.
namespace hotloop::cli {

enum class FlagValue { kNone, kText, kFile, kCount, kChoice };

struct FlagSpec {
  std::string_view name; // "output" for --output
  char shortName = 0;    // 'o', or 0
  FlagValue value = FlagValue::kNone;
  std::string_view valueName = {}; // "FILE" in help; for kChoice "text|json", which are the values
  std::string_view environment = {}; // variable that gives a default, or empty
  bool repeatable = false;           // may be given more than once; values also split at commas
};

struct PositionalSpec {
  std::string_view name; // "RUN"
  bool required = true;
  bool repeatable = false;       // only the last one may be
  bool file = false;             // completes file names
  std::string_view choices = {}; // "list|show" for completion and checking, or empty
};

// What follows the flags of a command.
enum class Trailing {
  kPositionals, // as described by `positionals`
  kProgram,     // a program and its arguments, after "--" or from the first word that is no flag
  kPassThrough, // everything, unread
};

struct CommandSyntax {
  std::vector<FlagSpec> flags; // beside globalFlags()
  std::vector<PositionalSpec> positionals = {};
  Trailing trailing = Trailing::kPositionals;
};

// Values of a kChoice flag or positional: "text|json" -> {text, json}.
std::vector<std::string_view> splitChoices(std::string_view choices);

} // namespace hotloop::cli
