#pragma once

namespace hotloop::gui {

// Lets screen readers see a TimelineView as rows: lanes with names, the slices that are selected or
// in view as their values. To be called once an application exists; more often does no harm.
void installTimelineAccessibility();

} // namespace hotloop::gui
