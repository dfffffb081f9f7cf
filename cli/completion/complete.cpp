#include "cli/completion/complete.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "cli/arguments/common_flags.h"
#include "cli/command.h"
#include "cli/help/help_text.h"

namespace hotloop::cli {

namespace {

const FlagSpec *flagOf(const std::vector<FlagSpec> &flags, std::string_view word) {
  const std::string_view name = word.substr(0, word.find('='));
  for (const FlagSpec &flag : flags)
    if (name.starts_with("--")
            ? name.substr(2) == flag.name
            : name.size() == 2 && flag.shortName != 0 && name[1] == flag.shortName)
      return &flag;
  return nullptr;
}

// The words before the one that is typed, told apart.
struct Given {
  const Command *command = nullptr;
  std::vector<FlagSpec> flags; // that may stand here
  std::vector<std::string> positionals;
  std::string db, config;
  const FlagSpec *waiting = nullptr; // for its value
  bool program = false;              // from here on the words are those of a program
};

Given read(std::span<const std::string> words) {
  Given given;
  given.flags = globalFlags();
  const auto note = [&](const FlagSpec &flag, const std::string &value) {
    if (flag.name == "db") given.db = value;
    if (flag.name == "config") given.config = value;
  };
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string &word = words[i];
    if (word == "--") {
      given.program = true;
      return given;
    }
    if (word.size() > 1 && word[0] == '-') {
      const FlagSpec *flag = flagOf(given.flags, word);
      if (flag == nullptr || flag->value == FlagValue::kNone) continue;
      if (const std::size_t equals = word.find('='); equals != std::string::npos)
        note(*flag, word.substr(equals + 1));
      else if (i + 1 == words.size())
        given.waiting = flag;
      else
        note(*flag, words[++i]);
      continue;
    }
    if (given.command == nullptr) {
      const auto found = std::ranges::find(commands(), word, &Command::name);
      if (found == commands().end()) {
        given.program = true; // nothing is known of such a command
        return given;
      }
      given.command = &*found;
      const auto &more = found->syntax.flags;
      given.flags.insert(given.flags.end(), more.begin(), more.end());
      continue;
    }
    if (given.command->syntax.trailing == Trailing::kProgram) {
      given.program = true;
      return given;
    }
    given.positionals.push_back(word);
  }
  return given;
}

// The text before the first of `ends`, without blanks at its end.
std::string upTo(std::string text, std::string_view ends) {
  text.resize(std::min(text.find_first_of(ends), text.size()));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

Completions flagsOf(const Given &given) {
  Completions all;
  const std::string_view page = helpTopic(given.command != nullptr ? given.command->name : "");
  const auto documented = documentedItems(page), common = documentedItems(helpTopic("options"));
  const auto about = [&](std::string_view name) {
    for (const auto *items : {&documented, &common})
      for (const HelpItem &item : *items)
        if (item.term.find(fmt::format("--{}", name)) != std::string::npos &&
            (item.term.ends_with(name) ||
             item.term.find(fmt::format("--{} ", name)) != std::string::npos))
          return upTo(item.text, ".;:(");
    return std::string();
  };
  for (const FlagSpec &flag : given.flags)
    all.candidates.push_back({fmt::format("--{}", flag.name), about(flag.name)});
  if (given.command == nullptr) all.candidates.push_back({"--version", "version of hotloop"});
  return all;
}

// Of a list with commas only the last item is being typed.
std::size_t beginOfItem(const FlagSpec &flag, const std::string &typed) {
  if (!flag.repeatable || flag.valueName.find('=') != std::string_view::npos) return 0;
  const std::size_t comma = typed.rfind(',');
  return comma == std::string::npos ? 0 : comma + 1;
}

void keepFitting(Completions &all, const std::string &typed) {
  std::erase_if(all.candidates, [&](const Candidate &one) { return !one.word.starts_with(typed); });
  all.goesOn = all.goesOn && !all.candidates.empty();
}

} // namespace

Completions complete(std::span<const std::string> words, const Surroundings &surroundings) {
  const std::string typed = words.empty() ? std::string() : words.back();
  const Given given = read(words.subspan(0, words.empty() ? 0 : words.size() - 1));
  if (given.program) return {{}, true, false};
  const std::string command(given.command != nullptr ? given.command->name : "");
  const auto value = [&](const FlagSpec &flag, const std::string &flagPart) {
    const std::string text = typed.substr(flagPart.size());
    const std::string before = text.substr(0, beginOfItem(flag, text));
    Completions all = valuesOf(
        {command, flag, text.substr(before.size()), given.positionals, given.db, given.config},
        surroundings);
    for (Candidate &one : all.candidates) one.word = flagPart + before + one.word;
    keepFitting(all, typed);
    return all;
  };
  if (given.waiting != nullptr) return value(*given.waiting, "");
  if (typed.starts_with("--") && typed.find('=') != std::string::npos) {
    const FlagSpec *flag = flagOf(given.flags, typed);
    if (flag == nullptr || flag->value == FlagValue::kNone) return {};
    return value(*flag, typed.substr(0, typed.find('=') + 1));
  }
  Completions all;
  if (typed.starts_with("-")) {
    all = flagsOf(given);
  } else if (given.command == nullptr) {
    for (const Command &one : commands())
      all.candidates.push_back({std::string(one.name), std::string(one.summary)});
  } else {
    const auto &specs = given.command->syntax.positionals;
    const std::size_t place = given.positionals.size();
    if (given.command->syntax.trailing != Trailing::kPositionals)
      all.files = true;
    else if (!specs.empty() && (place < specs.size() || specs.back().repeatable))
      all = argumentsOf(command, place, given.positionals, specs[std::min(place, specs.size() - 1)],
                        surroundings);
  }
  keepFitting(all, typed);
  return all;
}

std::string completionLines(const Completions &completions) {
  std::string out;
  const auto oneLine = [](std::string text) {
    for (char &c : text)
      if (static_cast<unsigned char>(c) < ' ') c = ' ';
    return text;
  };
  for (const Candidate &one : completions.candidates)
    out += oneLine(one.word) + (one.text.empty() ? "" : "\t" + oneLine(one.text)) + "\n";
  return out + fmt::format(":{}{}\n", completions.files ? "files" : "",
                           completions.goesOn ? (completions.files ? ",nospace" : "nospace") : "");
}

} // namespace hotloop::cli
