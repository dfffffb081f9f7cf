#pragma once

#include <QString>
#include <string_view>

namespace hotloop::gui {

// Recorded text for display: UTF-8 with control characters and broken bytes replaced.
QString shown(std::string_view text);
// The same, safe inside rich text; line ends become breaks.
QString shownRich(std::string_view text);

} // namespace hotloop::gui
