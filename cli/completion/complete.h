#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/arguments/flag_spec.h"
#include "cli/surroundings.h"

// What `hotloop __complete WORDS...` answers: the scripts of `hotloop completion` hand it the words
// of the command line, the last one being typed, and show what it prints.
namespace hotloop::cli {

struct Candidate {
  std::string word; // in place of the word that is being typed
  std::string text; // a few words about it; may be empty
};

struct Completions {
  std::vector<Candidate> candidates;
  bool files = false;  // files of the current folder fit too
  bool goesOn = false; // no blank after the word: "KEY=" wants its value
};

// Never fails: what cannot be read has no candidates.
Completions complete(std::span<const std::string> words, const Surroundings &surroundings);

// One "WORD<tab>TEXT" a line, then ":" with "files" and "nospace" where they apply.
std::string completionLines(const Completions &completions);

// The flag that is being given a value, and what was typed before it.
struct ValueQuestion {
  std::string command; // "check"
  FlagSpec flag;
  std::string prefix;                   // "KEY=" typed so far is part of the word
  std::vector<std::string> positionals; // of the command line: runs
  std::string db, config;               // --db and --config, where they are given
};
// Candidates for values: counters, rules, reports, baselines, suites, refs of git, phases and
// kernels of runs that were looked at before. Not filtered by what was typed.
Completions valuesOf(const ValueQuestion &question, const Surroundings &surroundings);
// The same for the argument `place` (from 0) of a command.
Completions argumentsOf(const std::string &command, std::size_t place,
                        const std::vector<std::string> &before, const PositionalSpec &spec,
                        const Surroundings &surroundings);

} // namespace hotloop::cli
