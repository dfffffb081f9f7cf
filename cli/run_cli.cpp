#include "cli/run_cli.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "cli/arguments/common_flags.h"
#include "cli/arguments/suggest.h"
#include "cli/command.h"
#include "cli/completion/complete.h"
#include "cli/help/help_text.h"

namespace hotloop::cli {

namespace {

constexpr std::size_t kUnlimitedWidth = 100'000;

// Whether the word after `word`, which stands before the verb, is its value. A flag has the same
// shape in every command, so the first that knows it decides.
bool takesNextWord(const std::string &word) {
  auto matches = [&](const FlagSpec &flag) {
    if (word.starts_with("--")) return word.substr(2) == flag.name;
    return word.size() == 2 && flag.shortName == word[1];
  };
  auto needsValue = [&](const std::vector<FlagSpec> &flags) {
    return std::any_of(flags.begin(), flags.end(), [&](const FlagSpec &f) {
      return matches(f) && f.value != FlagValue::kNone;
    });
  };
  if (needsValue(globalFlags())) return true;
  return std::any_of(commands().begin(), commands().end(),
                     [&](const Command &c) { return needsValue(c.syntax.flags); });
}

// Index of the verb, or words.size().
std::size_t findVerb(std::span<const std::string> words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") return words.size();
    if (words[i].size() < 2 || words[i][0] != '-') return i;
    if (takesNextWord(words[i])) ++i;
  }
  return words.size();
}

Style makeStyle(const Arguments &arguments, const Surroundings &surroundings, bool terminal) {
  auto value = [&](const char *name) { return surroundings.variable(name).value_or(""); };
  const std::string noColor = value("NO_COLOR"), force = value("FORCE_COLOR"),
                    cliForce = value("CLICOLOR_FORCE"), term = value("TERM");
  ColorMode mode = ColorMode::kAuto;
  const std::string given = arguments.text("color", "auto");
  // --color auto on the command line and HOTLOOP_COLOR=always in the environment: the flag wins
  // already.
  if (given == "always") mode = ColorMode::kAlways;
  if (given == "never" || arguments.has("no-color")) mode = ColorMode::kNever;
  return Style(decideColor(mode, {terminal, noColor, force, cliForce, term}));
}

int exitCodeOf(const Error &error) {
  return error.kind == ErrorKind::kNothingMeasured ? kExitNothing : kExitUsage;
}

void printError(const Surroundings &surroundings, const Style &style, std::string_view message) {
  const bool named = message.starts_with("hotloop");
  *surroundings.err << (named ? "" : "hotloop: ") << style.worse(message) << '\n';
}

int unknownVerb(const std::string &word, const Surroundings &surroundings, const Style &style) {
  std::vector<std::string_view> names;
  for (const Command &command : commands()) names.push_back(command.name);
  std::string sentence = fmt::format("unknown command '{}'{}", word, didYouMean(word, names));
  if (word.ends_with(".hotloop"))
    sentence = fmt::format(
        "a command is missing before '{}'; to see what holds it back: hotloop advise {}", word,
        word);
  printError(surroundings, style, sentence);
  *surroundings.err << "see: hotloop help\n";
  return kExitUsage;
}

int runCommand(const Command &command, std::span<const std::string> words,
               const Surroundings &surroundings) {
  auto parsed = parseArguments(command.name, command.syntax, words, surroundings.variable);
  if (!parsed) {
    const Style style = makeStyle({}, surroundings, surroundings.errTerminal);
    printError(surroundings, style, parsed.error().message);
    *surroundings.err << "see: hotloop help " << command.name << '\n';
    return command.usageExit;
  }
  const Arguments &arguments = *parsed;
  const bool toTerminal = surroundings.outTerminal && arguments.text("output", "-") == "-";
  CommandContext context{
      arguments,
      surroundings,
      makeStyle(arguments, surroundings, toTerminal),
      makeStyle(arguments, surroundings, surroundings.errTerminal),
      toTerminal && surroundings.columns == 0 ? 80
      : surroundings.columns == 0             ? kUnlimitedWidth
                                              : std::max<std::size_t>(surroundings.columns, 40),
      arguments.has("quiet") ? -1 : static_cast<int>(arguments.times("verbose")),
      surroundings.errTerminal && !arguments.has("no-progress") && !arguments.has("quiet") &&
          surroundings.variable("TERM").value_or("") != "dumb"};
  if (arguments.has("help")) {
    *surroundings.out << renderHelp(helpTopic(command.name), context.style, context.width);
    return kExitOk;
  }
  if (arguments.has("json") && arguments.explicitly("format") &&
      arguments.text("format") != "json") {
    printError(surroundings, context.messageStyle,
               fmt::format("hotloop {}: --json and --format {} exclude each other", command.name,
                           arguments.text("format")));
    return command.usageExit;
  }
  const auto code = command.run(context);
  if (!code) {
    printError(surroundings, context.messageStyle, code.error().message);
    return exitCodeOf(code.error());
  }
  return *code;
}

} // namespace

int runCli(std::span<const std::string> words, const Surroundings &surroundings) {
  if (!words.empty() && words[0] == "__complete") {
    *surroundings.out << completionLines(complete(words.subspan(1), surroundings));
    return kExitOk;
  }
  const Style errorStyle = makeStyle({}, surroundings, surroundings.errTerminal);
  const std::size_t verb = findVerb(words);
  if (verb == words.size()) {
    auto given = [&](std::string_view word) {
      return std::find(words.begin(), words.end(), word) != words.end();
    };
    const bool version = given("--version");
    if (version || given("--help") || given("-h")) {
      const std::vector<std::string> instead{version ? "version" : "help"};
      return runCli(instead, surroundings);
    }
    const auto parsed = parseArguments("", CommandSyntax{{}}, words, surroundings.variable);
    if (!parsed) {
      std::string message = parsed.error().message;
      printError(surroundings, errorStyle, message.replace(0, message.find(':'), "hotloop"));
    } else {
      printError(surroundings, errorStyle, "a command is missing");
    }
    std::string names;
    for (const Command &command : commands())
      names += (names.empty() ? "" : ", ") + std::string(command.name);
    *surroundings.err << "commands: " << names << '\n';
    *surroundings.err << "see: hotloop help\n";
    return kExitUsage;
  }
  const auto command = std::find_if(commands().begin(), commands().end(),
                                    [&](const Command &c) { return c.name == words[verb]; });
  if (command == commands().end()) return unknownVerb(words[verb], surroundings, errorStyle);
  std::vector<std::string> rest(words.begin(), words.end());
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(verb));
  const int code = runCommand(*command, rest, surroundings);
  surroundings.out->flush();
  if (!*surroundings.out) {
    printError(surroundings, errorStyle,
               "cannot write the result to standard output; is the disk full?");
    return kExitUsage;
  }
  return code;
}

int runProcess(int argc, char **argv) {
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  return runCli(words, processSurroundings());
}

} // namespace hotloop::cli
