#include "gui/view/theme.h"

namespace hotloop::gui::theme {

QFont font(TextSize size, bool bold) {
  QFont font(QStringLiteral("DejaVu Sans"));
  font.setStyleHint(QFont::SansSerif);
  // In pixels: points would depend on the screen.
  switch (size) {
  case TextSize::kSmall: font.setPixelSize(11); break;
  case TextSize::kNormal: font.setPixelSize(13); break;
  case TextSize::kLarge: font.setPixelSize(17); break;
  case TextSize::kFigure: font.setPixelSize(21); break;
  }
  font.setBold(bold);
  font.setHintingPreference(QFont::PreferNoHinting);
  return font;
}

QFont codeFont() {
  QFont code(QStringLiteral("DejaVu Sans Mono"));
  code.setStyleHint(QFont::Monospace);
  code.setPixelSize(12);
  return code;
}

QPalette palette() {
  QPalette palette;
  const QColor text(0x1d, 0x23, 0x2b);
  const QColor faint(0x8b, 0x94, 0x9e);
  palette.setColor(QPalette::Window, QColor(0xf3, 0xf5, 0xf7));
  palette.setColor(QPalette::WindowText, text);
  palette.setColor(QPalette::Base, Qt::white);
  palette.setColor(QPalette::AlternateBase, QColor(0xf8, 0xf9, 0xfb));
  palette.setColor(QPalette::Text, text);
  palette.setColor(QPalette::PlaceholderText, faint);
  palette.setColor(QPalette::Button, QColor(0xe9, 0xec, 0xf0));
  palette.setColor(QPalette::ButtonText, text);
  palette.setColor(QPalette::Mid, QColor(0xd0, 0xd7, 0xde));
  palette.setColor(QPalette::Highlight, QColor(0xd5, 0xe6, 0xfb));
  palette.setColor(QPalette::HighlightedText, text);
  palette.setColor(QPalette::ToolTipBase, Qt::white);
  palette.setColor(QPalette::ToolTipText, text);
  palette.setColor(QPalette::Link, QColor(0x0b, 0x5c, 0xad));
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    palette.setColor(QPalette::Disabled, role, faint);
  }
  return palette;
}

QColor dimText() { return {0x57, 0x60, 0x6a}; }

QColor feltColor(Felt felt) {
  return felt == Felt::kMeasured ? QColor(0xa6, 0x3a, 0x00) : QColor(0x0b, 0x5c, 0xad);
}

QColor severityColor(Severity severity) {
  switch (severity) {
  case Severity::kInfo: return dimText();
  case Severity::kNotice: return {0x7d, 0x4e, 0x00};
  case Severity::kDataLoss: return {0xb0, 0x1e, 0x1e};
  case Severity::kError: return {0xb0, 0x1e, 0x1e};
  }
  return dimText();
}

const char *severityWord(Severity severity) {
  switch (severity) {
  case Severity::kInfo: return "info";
  case Severity::kNotice: return "notice";
  case Severity::kDataLoss: return "data loss";
  case Severity::kError: return "error";
  }
  return "error";
}

} // namespace hotloop::gui::theme
