#include "gui/pages/page_list.h"

#include "gui/pages/findings/findings_page.h"

namespace hotloop::gui {
namespace {

constexpr PageInfo kPages[] = {
    {"findings", "Findings", makeFindingsPage},
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
