// Uses every NVTX call once; nvtx_test.cpp looks at what was recorded.
#include <nvtx3/nvToolsExt.h>

#include <cstdint>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

extern "C" void markFromTheLibrary();

namespace {

nvtxEventAttributes_t attributes(const char *text) {
  nvtxEventAttributes_t event{};
  event.version = NVTX_VERSION;
  event.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  event.messageType = NVTX_MESSAGE_TYPE_ASCII;
  event.message.ascii = text;
  return event;
}

void payloads() {
  nvtxEventAttributes_t event = attributes("unsigned");
  event.payloadType = NVTX_PAYLOAD_TYPE_UNSIGNED_INT64;
  event.payload.ullValue = 1'000'000'000'000;
  nvtxMarkEx(&event);
  event = attributes("int32");
  event.payloadType = NVTX_PAYLOAD_TYPE_INT32;
  event.payload.iValue = -7;
  nvtxMarkEx(&event);
  event = attributes("float");
  event.payloadType = NVTX_PAYLOAD_TYPE_FLOAT;
  event.payload.fValue = 0.5f;
  nvtxMarkEx(&event);
  event = attributes("colored");
  event.colorType = NVTX_COLOR_ARGB;
  event.color = 0xff112233;
  event.category = 4;
  nvtxRangePushEx(&event);
  nvtxRangePop();
}

void domains() {
  const nvtxDomainHandle_t moe = nvtxDomainCreateA("moe");
  const nvtxDomainHandle_t again = nvtxDomainCreateA("moe");
  const nvtxDomainHandle_t wide = nvtxDomainCreateW(L"weit \u00e4");
  const nvtxStringHandle_t registered = nvtxDomainRegisterStringA(moe, "registered");
  const nvtxStringHandle_t registeredWide =
      nvtxDomainRegisterStringW(wide, L"breit \u4e2d\U0001f525");
  nvtxEventAttributes_t event = attributes("");
  event.messageType = NVTX_MESSAGE_TYPE_REGISTERED;
  event.message.registered = registered;
  nvtxDomainRangePushEx(moe, &event);
  nvtxRangePushA("default between");
  nvtxDomainRangePushEx(again, &event);
  nvtxDomainRangePop(moe);
  nvtxRangePop();
  nvtxDomainRangePop(again);
  event.message.registered = registeredWide;
  nvtxDomainMarkEx(wide, &event);
  const nvtxRangeId_t id = nvtxDomainRangeStartEx(moe, &event);
  std::thread([moe, id] { nvtxDomainRangeEnd(moe, id); }).join();
  nvtxDomainNameCategoryA(moe, 3, "experts");
}

} // namespace

int main() {
  nvtxNameOsThreadA(static_cast<std::uint32_t>(::syscall(SYS_gettid)), "main thread");
  nvtxNameCategoryA(4, "phases");
  nvtxRangePushA("narrow");
  nvtxRangePushW(L"wide \u00fc");
  nvtxRangePop();
  nvtxRangePop();
  nvtxMarkA("mark");
  nvtxMarkW(L"wide mark");
  nvtxRangePop(); // unbalanced
  nvtxRangePushA(nullptr);
  nvtxRangePop();
  const nvtxRangeId_t outer = nvtxRangeStartA("first started");
  const nvtxRangeId_t inner = nvtxRangeStartW(L"second started");
  nvtxRangeEnd(outer); // may overlap
  nvtxRangeEnd(inner);
  payloads();
  domains();
  markFromTheLibrary();
  return 0;
}
