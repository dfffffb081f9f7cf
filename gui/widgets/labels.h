#pragma once

#include <QString>

#include "gui/view/theme.h"

class QFrame;
class QLabel;
class QWidget;

namespace hotloop::gui {

// A label whose text can be selected; its colour is that of the theme unless given.
QLabel *makeLabel(const QString &text, const QFont &font, const QColor &color = {});
// A sentence in the middle of an otherwise empty page: why there is nothing.
QWidget *makeEmpty(const QString &sentence);
// A figure with its label above and a note below.
QFrame *makeTile(const QString &label, const QString &value, const QString &note);

} // namespace hotloop::gui
