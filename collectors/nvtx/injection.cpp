#include <nvtx3/nvToolsExt.h>

#include <algorithm>
#include <cstdio>

#include "collectors/inject/producer.h"
#include "collectors/nvtx/attributes.h"
#include "collectors/nvtx/handles.h"

// The NVTX functions of every binary that uses NVTX are pointed to these.
namespace hotloop::nvtx {
namespace {

std::uint32_t indexOf(nvtxDomainHandle_t handle) noexcept {
  return handle ? reinterpret_cast<const Domain *>(handle)->index : 0;
}

int NVTX_API pushA(const char *text) noexcept {
  return inject::rangePush(Attributes(text).value());
}
int NVTX_API pushW(const wchar_t *text) noexcept {
  return inject::rangePush(Attributes(text).value());
}
int NVTX_API pushEx(const nvtxEventAttributes_t *event) noexcept {
  return inject::rangePush(Attributes(nullptr, event).value());
}
int NVTX_API pop() noexcept { return inject::rangePop(0); }
void NVTX_API markA(const char *text) noexcept { inject::mark(Attributes(text).value()); }
void NVTX_API markW(const wchar_t *text) noexcept { inject::mark(Attributes(text).value()); }
void NVTX_API markEx(const nvtxEventAttributes_t *event) noexcept {
  inject::mark(Attributes(nullptr, event).value());
}
nvtxRangeId_t NVTX_API startA(const char *text) noexcept {
  return inject::rangeStart(Attributes(text).value());
}
nvtxRangeId_t NVTX_API startW(const wchar_t *text) noexcept {
  return inject::rangeStart(Attributes(text).value());
}
nvtxRangeId_t NVTX_API startEx(const nvtxEventAttributes_t *event) noexcept {
  return inject::rangeStart(Attributes(nullptr, event).value());
}
void NVTX_API end(nvtxRangeId_t id) noexcept { inject::rangeEnd(id); }

void nameCategory(nvtxDomainHandle_t handle, std::uint32_t category,
                  std::string_view name) noexcept {
  const auto *domain = reinterpret_cast<const Domain *>(handle);
  char key[128];
  std::snprintf(key, sizeof key, "nvtx_category.%.*s.%u",
                domain ? static_cast<int>(std::min<std::uint32_t>(domain->length, 80)) : 0,
                domain ? domain->name : "", category);
  inject::meta(key, name);
}
void NVTX_API nameCategoryA(std::uint32_t category, const char *name) noexcept {
  if (name) nameCategory(nullptr, category, name);
}
void NVTX_API nameCategoryW(std::uint32_t category, const wchar_t *name) noexcept {
  char text[kLongestWide];
  nameCategory(nullptr, category, narrow(name, text, sizeof text));
}
void NVTX_API nameThreadA(std::uint32_t thread, const char *name) noexcept {
  if (name) inject::threadName(thread, name);
}
void NVTX_API nameThreadW(std::uint32_t thread, const wchar_t *name) noexcept {
  char text[kLongestWide];
  inject::threadName(thread, narrow(name, text, sizeof text));
}

int NVTX_API domainPush(nvtxDomainHandle_t domain, const nvtxEventAttributes_t *event) noexcept {
  return inject::rangePush(Attributes(domain, event).value());
}
int NVTX_API domainPop(nvtxDomainHandle_t domain) noexcept {
  return inject::rangePop(indexOf(domain));
}
void NVTX_API domainMark(nvtxDomainHandle_t domain, const nvtxEventAttributes_t *event) noexcept {
  inject::mark(Attributes(domain, event).value());
}
nvtxRangeId_t NVTX_API domainStart(nvtxDomainHandle_t domain,
                                   const nvtxEventAttributes_t *event) noexcept {
  return inject::rangeStart(Attributes(domain, event).value());
}
void NVTX_API domainEnd(nvtxDomainHandle_t, nvtxRangeId_t id) noexcept { inject::rangeEnd(id); }
void NVTX_API domainNameCategoryA(nvtxDomainHandle_t domain, std::uint32_t category,
                                  const char *name) noexcept {
  if (name) nameCategory(domain, category, name);
}
void NVTX_API domainNameCategoryW(nvtxDomainHandle_t domain, std::uint32_t category,
                                  const wchar_t *name) noexcept {
  char text[kLongestWide];
  nameCategory(domain, category, narrow(name, text, sizeof text));
}

nvtxDomainHandle_t domainHandle(std::string_view name) noexcept {
  return reinterpret_cast<nvtxDomainHandle_t>(const_cast<Domain *>(domain(name)));
}
nvtxDomainHandle_t NVTX_API createDomainA(const char *name) noexcept {
  return domainHandle(name ? name : "");
}
nvtxDomainHandle_t NVTX_API createDomainW(const wchar_t *name) noexcept {
  char text[kLongestWide];
  return domainHandle(narrow(name, text, sizeof text));
}
nvtxStringHandle_t stringHandle(std::string_view text) noexcept {
  return reinterpret_cast<nvtxStringHandle_t>(const_cast<RegisteredString *>(registerString(text)));
}
nvtxStringHandle_t NVTX_API registerA(nvtxDomainHandle_t, const char *text) noexcept {
  return stringHandle(text ? text : "");
}
nvtxStringHandle_t NVTX_API registerW(nvtxDomainHandle_t, const wchar_t *text) noexcept {
  char buffer[kLongestWide];
  return stringHandle(narrow(text, buffer, sizeof buffer));
}

class Table {
public:
  Table(const NvtxExportTableCallbacks &callbacks, NvtxCallbackModule module) noexcept {
    if (!callbacks.GetModuleFunctionTable(module, &functions_, &size_)) size_ = 0;
  }
  template <class Function> void set(unsigned id, Function function) noexcept {
    if (id < size_ && functions_[id])
      *functions_[id] = reinterpret_cast<NvtxFunctionPointer>(function);
  }

private:
  NvtxFunctionTable functions_ = nullptr;
  unsigned size_ = 0;
};

void attach(const NvtxExportTableCallbacks &callbacks) noexcept {
  Table core(callbacks, NVTX_CB_MODULE_CORE);
  core.set(NVTX_CBID_CORE_RangePushA, pushA);
  core.set(NVTX_CBID_CORE_RangePushW, pushW);
  core.set(NVTX_CBID_CORE_RangePushEx, pushEx);
  core.set(NVTX_CBID_CORE_RangePop, pop);
  core.set(NVTX_CBID_CORE_MarkA, markA);
  core.set(NVTX_CBID_CORE_MarkW, markW);
  core.set(NVTX_CBID_CORE_MarkEx, markEx);
  core.set(NVTX_CBID_CORE_RangeStartA, startA);
  core.set(NVTX_CBID_CORE_RangeStartW, startW);
  core.set(NVTX_CBID_CORE_RangeStartEx, startEx);
  core.set(NVTX_CBID_CORE_RangeEnd, end);
  core.set(NVTX_CBID_CORE_NameCategoryA, nameCategoryA);
  core.set(NVTX_CBID_CORE_NameCategoryW, nameCategoryW);
  core.set(NVTX_CBID_CORE_NameOsThreadA, nameThreadA);
  core.set(NVTX_CBID_CORE_NameOsThreadW, nameThreadW);

  Table domains(callbacks, NVTX_CB_MODULE_CORE2);
  domains.set(NVTX_CBID_CORE2_DomainRangePushEx, domainPush);
  domains.set(NVTX_CBID_CORE2_DomainRangePop, domainPop);
  domains.set(NVTX_CBID_CORE2_DomainMarkEx, domainMark);
  domains.set(NVTX_CBID_CORE2_DomainRangeStartEx, domainStart);
  domains.set(NVTX_CBID_CORE2_DomainRangeEnd, domainEnd);
  domains.set(NVTX_CBID_CORE2_DomainNameCategoryA, domainNameCategoryA);
  domains.set(NVTX_CBID_CORE2_DomainNameCategoryW, domainNameCategoryW);
  domains.set(NVTX_CBID_CORE2_DomainCreateA, createDomainA);
  domains.set(NVTX_CBID_CORE2_DomainCreateW, createDomainW);
  domains.set(NVTX_CBID_CORE2_DomainRegisterStringA, registerA);
  domains.set(NVTX_CBID_CORE2_DomainRegisterStringW, registerW);
}

} // namespace
} // namespace hotloop::nvtx

// Called by NVTX once for every loaded binary that contains it, at that binary's first NVTX call.
extern "C" __attribute__((visibility("default"))) int
InitializeInjectionNvtx2(NvtxGetExportTableFunc_t getTable) {
  using namespace hotloop;
  if (!inject::options().recording || !inject::options().nvtx || !getTable) return 0;
  const auto *callbacks =
      static_cast<const NvtxExportTableCallbacks *>(getTable(NVTX_ETID_CALLBACKS));
  if (!callbacks || callbacks->struct_size < sizeof(NvtxExportTableCallbacks)) return 0;
  nvtx::attach(*callbacks);
  return 1;
}
