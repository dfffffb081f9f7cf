#pragma once

#include <vector>

#include "gui/data/run_document.h"
#include "gui/view/slice_style.h"
#include "gui/widgets/canvas.h"

namespace hotloop::gui {

// A step of each of several runs below each other, aligned at its start, on one scale: the thread
// that marks it and the devices.
class StepStrip : public Canvas {
public:
  StepStrip(std::vector<RunDocumentPtr> runs, QWidget *parent = nullptr);

protected:
  void draw(DrawList &list) override;

private:
  float drawRun(std::size_t run, float y, float bottom, DrawList &list);

  std::vector<RunDocumentPtr> runs_;
  std::vector<SliceStyle> styles_;
  std::vector<TraceStep> steps_; // of each run; empty when it has none
  std::int64_t longest_ = 1;
};

} // namespace hotloop::gui
