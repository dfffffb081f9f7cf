#pragma once

#include <string>
#include <string_view>

// Colour: who decides, and how it is written. Meaning never rests on colour alone.
namespace hotloop {

enum class ColorMode { kAuto, kAlways, kNever };

// What the surroundings say; an unset variable is empty.
struct ColorSurroundings {
  bool terminal = false;            // the stream is a terminal
  std::string_view noColor = {};    // NO_COLOR
  std::string_view forceColor = {}; // FORCE_COLOR
  std::string_view cliForce = {};   // CLICOLOR_FORCE
  std::string_view term = {};       // TERM
};

// An explicit mode wins; then NO_COLOR (https://no-color.org), FORCE_COLOR and CLICOLOR_FORCE ("0"
// is off), TERM=dumb, and at last whether the stream is a terminal.
bool decideColor(ColorMode mode, const ColorSurroundings &surroundings);

// Wraps text in ANSI colours, or leaves it alone.
class Style {
public:
  explicit Style(bool enabled = false) : enabled_(enabled) {}
  bool enabled() const { return enabled_; }

  std::string bold(std::string_view text) const;
  std::string dim(std::string_view text) const;
  std::string worse(std::string_view text) const;  // red: worse, failed
  std::string better(std::string_view text) const; // green: better, good
  std::string unsure(std::string_view text) const; // yellow: warning, inconclusive
  std::string place(std::string_view text) const;  // cyan: file:line

private:
  std::string wrap(const char *code, std::string_view text) const;
  bool enabled_;
};

} // namespace hotloop
