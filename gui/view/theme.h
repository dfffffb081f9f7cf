#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>

#include "core/report/finding.h"
#include "core/trace/tables/result_tables.h"

// How things look, the same on every platform, so that a picture of a page is reproducible. Meaning
// never rests on colour alone. Text colours have a contrast of at least 4.5:1 on the window and
// base colours.
namespace hotloop::gui::theme {

enum class TextSize { kSmall, kNormal, kLarge, kFigure };

QFont font(TextSize size = TextSize::kNormal, bool bold = false);
QFont codeFont();
QPalette palette();

QColor dimText();
QColor feltColor(Felt felt);
QColor severityColor(Severity severity);
const char *severityWord(Severity severity); // "data loss"

} // namespace hotloop::gui::theme
