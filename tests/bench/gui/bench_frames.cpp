#include <QImage>
#include <cmath>
#include <numeric>

#include "gui/data/run_models.h"
#include "gui/data/trace/area_stats.h"
#include "gui/data/trace/search.h"
#include "gui/pages/timeline/timeline_view.h"
#include "tests/bench/gui/measure.h"
#include "tests/bench/gui/sections.h"

namespace hotloop::gui_bench {
namespace {

using namespace hotloop::gui;

// Zooms in by 10^5 and out again while panning, as the prototype did: 600 frames.
void session(TimelineView &view, const std::string &what) {
  std::vector<double> all;
  std::vector<double> work;
  QImage image(view.size(), QImage::Format_RGB32);
  const auto length = static_cast<double>(view.trace().length);
  for (int i = 0; i < 600; ++i) {
    const double z = i < 300 ? i / 300.0 : 1 - (i - 300) / 300.0;
    const double span = length * std::pow(10, -5 * z);
    const auto t0 = static_cast<std::int64_t>((length - span) * (0.1 + 0.8 * i / 600));
    const auto start = Clock::now();
    const double before = computed(CLOCK_THREAD_CPUTIME_ID);
    view.show(t0, t0 + static_cast<std::int64_t>(span));
    view.render(&image, {}, {}, QWidget::DrawChildren);
    work.push_back(computed(CLOCK_THREAD_CPUTIME_ID) - before);
    all.push_back(since(start));
  }
  row(what, quantiles(all));
  row("  of it computing", quantiles(work));
}

// The middle of a deep zoom, panned by a few pixels a frame as a hand does.
void pan(TimelineView &view, const std::string &what) {
  QImage image(view.size(), QImage::Format_RGB32);
  for (const double share : {1.0, 1e-1, 1e-2, 1e-3, 1e-4}) {
    const auto length = static_cast<double>(view.trace().length);
    const double span = length * share;
    std::vector<double> work;
    for (int i = 0; i < 60; ++i) {
      const double before = computed(CLOCK_THREAD_CPUTIME_ID);
      const auto t0 = static_cast<std::int64_t>(length * 0.4 + span * i / 150);
      view.show(t0, t0 + static_cast<std::int64_t>(span));
      view.render(&image, {}, {}, QWidget::DrawChildren);
      work.push_back(computed(CLOCK_THREAD_CPUTIME_ID) - before);
    }
    row(fmt::format("{}, {:g} of the run in view", what, share), quantiles(work));
  }
}

} // namespace

void frameSection(const TracePtr &trace) {
  TimelineView view(trace);
  view.resize(1920, 1080);
  const std::string lanes = fmt::format(", {} lanes", trace->lanes.size());
  session(view, "pan and zoom, 1920 x 1080" + lanes);
  pan(view, "  computing, pan");
  view.resize(3840, 2160);
  session(view, "pan and zoom, 3840 x 2160" + lanes);
}

void overlaySection(const TracePtr &trace) {
  TimelineView view(trace);
  view.resize(1920, 1080);
  view.act("arrows");
  session(view, "pan and zoom with arrows of all launches");
  view.act("arrows");
  view.act("fold-steps");
  std::vector<double> folded;
  QImage image(view.size(), QImage::Format_RGB32);
  for (int i = 0; i < 5; ++i) {
    view.setScroll(i * 40);
    const double before = computed(CLOCK_THREAD_CPUTIME_ID);
    view.render(&image, {}, {}, QWidget::DrawChildren);
    folded.push_back(computed(CLOCK_THREAD_CPUTIME_ID) - before);
  }
  row("steady steps overlaid, a frame", spread(folded));
}

void querySection(const TracePtr &trace) {
  std::vector<std::uint32_t> lanes(trace->lanes.size());
  std::iota(lanes.begin(), lanes.end(), 0u);
  row("statistics of everything",
      rounds(9, [&] { areaStats(*trace, lanes, 0, trace->length + 1); }));
  row("statistics of a third",
      rounds(9, [&] { areaStats(*trace, lanes, trace->length / 3, trace->length / 3 * 2); }));
  const std::string query = "aten::item";
  std::vector<double> strokes;
  for (int round = 0; round < 3; ++round) {
    for (std::size_t length = 1; length <= query.size(); ++length) {
      const auto start = Clock::now();
      const auto search = Search::compile(*trace, query.substr(0, length));
      search->count(*trace);
      strokes.push_back(since(start));
    }
  }
  row("search: a keystroke, compile and count", spread(strokes));
  const auto search = Search::compile(*trace, query);
  row("search: next hit", rounds(9, [&] { search->next(*trace, trace->length / 2); }));
  row("search: previous hit", rounds(9, [&] { search->previous(*trace, trace->length / 2); }));
  if (!trace->flows.empty()) {
    const std::uint32_t host = trace->flows[trace->flows.size() / 2].host;
    row("launch to kernel", rounds(9, [&] { trace->launched(host); }));
  }
  const std::uint32_t slice = search->next(*trace, trace->length / 2);
  if (slice == kNoSlice) return;
  const Track &track = trace->tracks[trace->lanes[trace->laneOf(slice)].track];
  const EvidencePlace place{true, track.table, track.entity, trace->start[slice] + trace->origin,
                            trace->duration(slice)};
  TimelineView view(trace);
  view.resize(1920, 1080);
  row("jump to a finding, drawn", rounds(9, [&] {
        view.act("fit");
        view.select(sliceOf(*trace, place), true);
        view.grab();
      }));
}

} // namespace hotloop::gui_bench
