#pragma once

#include <string>
#include <vector>

#include "gui/widgets/canvas.h"

namespace hotloop::gui {

// The way from one value to another in signed pieces.
struct WaterfallStep {
  QString label;
  double change = 0;
  double low = 0, high = 0; // interval of the change; equal: none
};
class WaterfallView : public Canvas {
public:
  explicit WaterfallView(QWidget *parent = nullptr);
  // Values are nanoseconds.
  void setSteps(QString title, QString fromLabel, double from, std::vector<WaterfallStep> steps,
                QString toLabel, double to);
  QString text() const;

protected:
  void draw(DrawList &list) override;

private:
  QString title_, fromLabel_, toLabel_;
  double from_ = 0, to_ = 0;
  std::vector<WaterfallStep> steps_;
};

} // namespace hotloop::gui
