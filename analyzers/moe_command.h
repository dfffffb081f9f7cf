#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

// The command line of hotloop-moe as a text: its switches, its named configurations.
// tests/unit/moe/preset_names_test.cpp holds it against the program itself.
namespace hotloop {

inline constexpr std::array<std::string_view, 9> kMoeSwitches = {
    "mode", "dispatch", "fusion", "amp", "checkpoint", "graph", "buffers", "inplace", "optimizer"};
using MoeSwitches = std::array<std::string, kMoeSwitches.size()>; // values, in that order

struct MoePreset {
  std::string_view name;
  std::array<std::string_view, kMoeSwitches.size()> values;
};
const std::vector<MoePreset> &moePresets();

// What one of its switches repairs.
struct MoeFix {
  std::string_view name;  // of the change: "dispatch", as in a plan
  std::string_view flags; // "--dispatch grouped"
  std::vector<std::string_view> rules;
};
const std::vector<MoeFix> &moeFixes();
const MoeFix *findMoeFix(std::string_view name); // nullptr: no switch does that

bool isMoeCommand(std::string_view command);
// What the line asks for: its preset, and its flags over it.
MoeSwitches moeSwitches(std::string_view command);
// The line with "--graph on --optimizer fused" in it: flags replaced or added.
std::string withMoeFlags(std::string command, std::string_view flags);
// The same with what they need beside them, which is added to `flags`, too.
std::string withMoeFix(std::string command, std::string &flags);
// The line without one of the habits of "--unsafe item,print"; the line itself when it has no such.
std::string withoutMoeHabit(std::string command, std::string_view habit);
// What `flags` need beside them to be legal in `command`, as flags; may be empty. A captured step
// cannot read back: it takes an optimizer and a dispatch that do not.
std::string moeNeeds(std::string_view command, std::string_view flags);

// The named configuration whose switches come nearest to those of `command`, and the switches in
// which it differs. Empty when none differs in fewer than three.
struct NearestPreset {
  std::string name;
  std::vector<std::string> differs;
};
NearestPreset nearestMoePreset(std::string_view command);

} // namespace hotloop
