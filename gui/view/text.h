#pragma once

#include <QString>
#include <string>
#include <string_view>

#include "core/report/finding.h"

namespace hotloop::gui {

// Recorded text for display: UTF-8 with control characters and broken bytes replaced.
QString shown(std::string_view text);
// The same, safe inside rich text; line ends become breaks.
QString shownRich(std::string_view text);

// A place for a narrow column: the file with its folder, "model/expert.cpp:61 activate".
std::string briefSite(const Site &site);
// "model/expert.cpp" of a longer path.
std::string briefFile(const std::string &path);

} // namespace hotloop::gui
