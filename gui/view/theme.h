#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>

#include "core/report/finding.h"
#include "core/trace/tables/result_tables.h"
#include "gui/data/trace/trace.h"
#include "gui/view/syntax.h"

// How things look, the same on every platform, so that a picture of a page is reproducible. Meaning
// never rests on colour alone. Text colours have a contrast of at least 4.5:1 on the window and
// base colours.
namespace hotloop::gui::theme {

// The mode of everything below, for the thread that draws.
enum class Mode { kLight, kDark };
void setMode(Mode mode);
Mode mode();

enum class TextSize { kSmall, kNormal, kLarge, kFigure, kCode };

QFont font(TextSize size = TextSize::kNormal, bool bold = false);
QFont codeFont();
QPalette palette();

QColor dimText();
QColor textColor();
QColor accent();    // selections, the best of a comparison
QColor good();      // less time than before
QColor bad();       // more
QColor gridLine();  // rulers, separators
QColor laneColor(); // behind slices: idle stays visible
// Colour-blind-safe (after Okabe and Ito); a category also has a pattern (view/slice_style.h).
QColor categoryColor(Category category);
// Black or white, whatever reads better on `background`.
QColor textOn(const QColor &background);
// WCAG contrast ratio, 1 to 21.
double contrast(const QColor &a, const QColor &b);

QColor feltColor(Felt felt);
QColor severityColor(Severity severity);
QColor syntaxColor(SyntaxKind kind);
const char *severityWord(Severity severity); // "data loss"

} // namespace hotloop::gui::theme
