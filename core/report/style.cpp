#include "core/report/style.h"

namespace hotloop {

bool decideColor(ColorMode mode, const ColorSurroundings &surroundings) {
  if (mode != ColorMode::kAuto) return mode == ColorMode::kAlways;
  if (!surroundings.noColor.empty()) return false;
  for (const std::string_view force : {surroundings.forceColor, surroundings.cliForce})
    if (!force.empty() && force != "0") return true;
  if (surroundings.forceColor == "0") return false;
  if (surroundings.term == "dumb") return false;
  return surroundings.terminal;
}

std::string Style::bold(std::string_view text) const { return wrap("1", text); }
std::string Style::dim(std::string_view text) const { return wrap("2", text); }
std::string Style::worse(std::string_view text) const { return wrap("31", text); }
std::string Style::better(std::string_view text) const { return wrap("32", text); }
std::string Style::unsure(std::string_view text) const { return wrap("33", text); }
std::string Style::place(std::string_view text) const { return wrap("36", text); }

std::string Style::wrap(const char *code, std::string_view text) const {
  if (!enabled_ || text.empty()) return std::string(text);
  std::string out = "\x1b[";
  out.append(code).append("m").append(text).append("\x1b[0m");
  return out;
}

} // namespace hotloop
