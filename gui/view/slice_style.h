#pragma once

#include <cstdint>
#include <vector>

#include "gui/data/trace/trace.h"
#include "gui/view/draw_list.h"

namespace hotloop::gui {

Pattern categoryPattern(Category category);

// Colours of all names of a trace in the current theme: the category's hue, its lightness by a hash
// of the text, so that neighbours differ and pictures are the same everywhere.
class SliceStyle {
public:
  explicit SliceStyle(const Trace &trace);
  Rgb fill(std::uint32_t name) const { return fills_[name]; }
  Rgb text(std::uint32_t name) const { return texts_[name]; }
  Rgb category(std::uint32_t name) const {
    return categories_[name];
  } // of its kind, whatever it is called
  const QString &label(std::uint32_t name) const { return labels_[name]; }

private:
  std::vector<Rgb> fills_, texts_, categories_;
  std::vector<QString> labels_;
};

Rgb rgb(const QColor &color);
Rgb withAlpha(const QColor &color, int alpha);
// `over` laid on `under` with the given share, 0 to 255.
Rgb mixed(Rgb under, Rgb over, std::uint32_t alpha);

} // namespace hotloop::gui
