#include "gui/app/action_list.h"

namespace hotloop::gui {
namespace {

constexpr ActionInfo kActions[] = {
    {"open", "&File", "&Open...", "Ctrl+O",
     "Open runs, or import a Kineto, Nsight Systems or memory-snapshot file."},
    {"record", "&File", "&Record...", "Ctrl+R", "Run a program under hotloop record."},
    {"reload", "&File", "Re&load", "F5", "Read the current run again."},
    {"close-run", "&File", "&Close run", "Ctrl+W", "Close the current run."},
    {"next-run", "&File", "&Next run", "Ctrl+Tab", "Show the next of the open runs."},
    {"save-picture", "&File", "&Save picture...", "Ctrl+S",
     "Write the current page to a PNG or SVG file."},
    {"quit", "&File", "&Quit", "Ctrl+Q", "Close the window."},

    {"copy-text", "&Edit", "&Copy as text", "Ctrl+C", "Copy what the page says."},
    {"copy-csv", "&Edit", "Copy as C&SV", "Ctrl+Shift+C", "Copy the page's table as CSV."},
    {"copy-picture", "&Edit", "Copy as &picture", "Ctrl+Shift+X", "Copy the page as a picture."},
    {"search", "&Edit", "&Find slices", "/", "Search slices: words, -word, kind:kernel, /regex/."},
    {"next-hit", "&Edit", "&Next hit", "F3", "Go to the next slice that matches."},
    {"previous-hit", "&Edit", "&Previous hit", "Shift+F3", "Go to the previous one."},
    {"filter-lanes", "&Edit", "Filter &lanes", "Ctrl+P", "Keep only lanes whose name matches."},
    {"clear", "&Edit", "C&lear selection", "Esc", "Drop selection, search and dimming."},
    {"undo", "&Edit", "&Undo navigation", "Alt+Left; Ctrl+Z", "Back to where you were."},
    {"redo", "&Edit", "&Redo navigation", "Alt+Right; Ctrl+Y", "Forth again."},

    {"zoom-in", "&Navigate", "Zoom &in", "W", "Closer; also the wheel, Ctrl+wheel in small steps."},
    {"zoom-out", "&Navigate", "Zoom &out", "S", "Farther away; also the wheel."},
    {"pan-left", "&Navigate", "Pan &left", "A",
     "Earlier; also Shift+wheel or a right-button drag."},
    {"pan-right", "&Navigate", "Pan &right", "D", "Later in time."},
    {"scroll-up", "&Navigate", "Lanes &up", "Up", "Earlier lanes; also Alt+wheel."},
    {"scroll-down", "&Navigate", "Lanes &down", "Down", "Later lanes."},
    {"frame", "&Navigate", "&Frame selection", "F", "Show the selection; again: show everything."},
    {"fit", "&Navigate", "&Whole run", "Home", "Show the whole run."},
    {"measure", "&Navigate", "&Measure", "M",
     "Measure the selected slice, or what is in view; a drag measures what it covers."},
    {"next-slice", "&Navigate", "Ne&xt slice", ".", "The next slice of the lane."},
    {"previous-slice", "&Navigate", "Pre&vious slice", ",", "The previous slice of the lane."},
    {"next-same", "&Navigate", "Next of the same na&me", "Ctrl+.", "The next slice of that name."},
    {"previous-same", "&Navigate", "Previous of the same name", "Ctrl+,", "The previous one."},
    {"flow-forth", "&Navigate", "From launch to &kernel", "]", "Follow the arrow forth."},
    {"flow-back", "&Navigate", "From kernel to launc&h", "[", "Follow the arrow back."},
    {"next-occurrence", "&Navigate", "Next occurrence of the finding", "N",
     "Walk the places where the finding was seen."},
    {"previous-occurrence", "&Navigate", "Previous occurrence of the finding", "P",
     "Walk them backwards."},
    {"activate", "&Navigate", "&Open what is selected", "Return",
     "A finding: frame it on the timeline. A slice: its histogram. A site: its source."},

    {"fold-steps", "&View", "&Overlay steady steps", "O", "Lay all steady steps over each other."},
    {"arrows", "&View", "&Arrows of all launches", "L",
     "Arrows from launches to kernels in view; otherwise those of the selected slice."},
    {"only-name", "&View", "&Dim other names", "I",
     "Let only slices of the selected name stand out."},
    {"fold-groups", "&View", "&Fold all groups", "G", "Fold or unfold threads and devices."},
    {"bookmark", "&View", "&Bookmark", "B", "Set or remove a bookmark."},
    {"next-metric", "&View", "Next &metric", "C",
     "Flame graph: host time, device time, launches, bytes. Histogram: linear, logarithmic."},
    {"theme", "&View", "&Light or dark", "Ctrl+T", "Change the theme."},
    {"next-page", "&View", "&Next page", "Ctrl+PgDown", "Show the next page."},
    {"previous-page", "&View", "&Previous page", "Ctrl+PgUp", "Show the previous page."},
    {"reset-layout", "&View", "&Reset layout", "Ctrl+Shift+R", "All pages as tabs again."},

    {"palette", "&Help", "&Command palette", "Ctrl+K", "Find an action or a page by name."},
    {"help", "&Help", "&Keys", "?; F1", "This list."},
};

} // namespace

std::span<const ActionInfo> actionList() { return kActions; }

} // namespace hotloop::gui
