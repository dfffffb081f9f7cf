#pragma once

#include <QDialog>

namespace hotloop::gui {

// Every action with its keys and a sentence, from the registry.
class HelpDialog : public QDialog {
public:
  explicit HelpDialog(QWidget *parent);
};
// The same as HTML.
QString helpText();

} // namespace hotloop::gui
