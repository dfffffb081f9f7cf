#pragma once

#include <span>

namespace hotloop::gui {

// Everything a user can do. Menus, keys, the palette, the help sheet and the tests come from this
// list; a page handles an action by its id (Page::act), else the window does.
struct ActionInfo {
  const char *id;
  const char *menu; // with its mnemonic: "&File"
  const char *text;
  const char *keys; // of QKeySequence; several are separated by "; "
  const char *help; // one sentence
};
std::span<const ActionInfo> actionList();

} // namespace hotloop::gui
