#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.h"
#include "gui/data/trace/trace.h"

namespace hotloop::gui_bench {

// A made run in `folder`, kept between calls. `ranks` processes, each with threads and streams of
// its own, share the events.
Result<std::string> madeRun(const std::string &folder, std::uint64_t events, std::uint32_t ranks,
                            std::uint64_t seed = 1);

// Each prints its rows.
void openSection(const std::string &run, const std::string &empty, std::uint64_t events);
void warmSection(const std::string &run);
void frameSection(const gui::TracePtr &trace);
void overlaySection(const gui::TracePtr &trace); // arrows, overlaid steps
void querySection(const gui::TracePtr &trace);
// The window itself: what holds up its thread while runs arrive and are looked at.
void windowSection(const std::string &run);
// Only the first part of it, several times.
void readingSection(const std::string &run);
// How long what is stopped goes on: what closing the window waits for.
void stopSection(const std::string &run);
// That many events in a process of very many threads.
void threadsSection(const std::string &folder, std::uint64_t events);
// Four runs of that size side by side.
void compareSection(const std::string &folder, std::uint64_t events);

} // namespace hotloop::gui_bench
