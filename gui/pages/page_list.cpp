#include "gui/pages/page_list.h"

#include "gui/pages/calltree/call_tree_page.h"
#include "gui/pages/compare/compare_page.h"
#include "gui/pages/experts/experts_page.h"
#include "gui/pages/findings/findings_page.h"
#include "gui/pages/memory/memory_page.h"
#include "gui/pages/names/names_page.h"
#include "gui/pages/sites/sites_page.h"
#include "gui/pages/source/source_page.h"
#include "gui/pages/sql/sql_page.h"
#include "gui/pages/summary/summary_page.h"
#include "gui/pages/timeline/timeline_page.h"
#include "gui/pages/whatif/what_if_page.h"

namespace hotloop::gui {
namespace {

constexpr auto kEvents = PageNeeds::kEvents;
constexpr auto kAnalysis = PageNeeds::kAnalysis;

constexpr PageInfo kPages[] = {
    {"summary", "Summary", kAnalysis, true, makeSummaryPage},
    {"findings", "Findings", kAnalysis, true, makeFindingsPage},
    {"timeline", "Timeline", kEvents, true, makeTimelinePage},
    {"kernels", "Kernels", kEvents, true, makeKernelsPage},
    {"operators", "Operators", kEvents, true, makeOperatorsPage},
    {"sites", "Sites", kAnalysis, true, makeSitesPage},
    {"calltree", "Call tree", kAnalysis, true, makeCallTreePage},
    {"flame", "Flame graph", kAnalysis, false, makeFlamePage},
    {"histogram", "Histogram", kEvents, false, makeHistogramPage},
    {"memory", "Memory", kAnalysis, true, makeMemoryPage},
    {"experts", "Experts", kAnalysis, true, makeExpertsPage},
    {"compare", "Compare", kAnalysis, true, makeComparePage},
    {"source", "Source", kAnalysis, true, makeSourcePage},
    {"whatif", "What-if", kAnalysis, true, makeWhatIfPage},
    {"sql", "SQL", kEvents, true, makeSqlPage},
};

} // namespace

std::span<const PageInfo> pageList() { return kPages; }

const PageInfo *findPage(std::string_view id) {
  for (const PageInfo &page : kPages) {
    if (page.id == id) return &page;
  }
  return nullptr;
}

} // namespace hotloop::gui
