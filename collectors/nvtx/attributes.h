#pragma once

#include <nvtx3/nvToolsExt.h>

#include <cstring>
#include <string_view>

#include "collectors/inject/producer.h"
#include "collectors/nvtx/handles.h"

namespace hotloop::nvtx {

inline constexpr std::size_t kLongestWide = 1024; // bytes of UTF-8

// The attributes of one NVTX call in our terms. Views into the call's arguments, or into itself.
class Attributes {
public:
  Attributes(nvtxDomainHandle_t domain, const nvtxEventAttributes_t *event) noexcept {
    setDomain(domain);
    if (!event || event->size < offsetof(nvtxEventAttributes_t, reserved0)) return;
    value_.category = event->category;
    if (event->colorType == NVTX_COLOR_ARGB) value_.color = event->color;
    setPayload(*event);
    if (event->size < offsetof(nvtxEventAttributes_t, message) + sizeof event->message) return;
    if (event->messageType == NVTX_MESSAGE_TYPE_ASCII) {
      if (event->message.ascii) value_.name = event->message.ascii;
    } else if (event->messageType == NVTX_MESSAGE_TYPE_UNICODE) {
      value_.name = narrow(event->message.unicode, wide_, sizeof wide_);
    } else if (event->messageType == NVTX_MESSAGE_TYPE_REGISTERED && event->message.registered) {
      const auto *text = reinterpret_cast<const RegisteredString *>(event->message.registered);
      value_.name = {text->text, text->length};
    }
  }
  explicit Attributes(const char *message) noexcept {
    if (message) value_.name = message;
  }
  explicit Attributes(const wchar_t *message) noexcept {
    value_.name = narrow(message, wide_, sizeof wide_);
  }
  Attributes(const Attributes &) = delete;
  Attributes &operator=(const Attributes &) = delete;

  const inject::RangeAttributes &value() const noexcept { return value_; }

private:
  void setDomain(nvtxDomainHandle_t handle) noexcept {
    const auto *domain = reinterpret_cast<const Domain *>(handle);
    if (!domain) return;
    value_.domain = domain->index;
    value_.domainName = {domain->name, domain->length};
  }

  void setPayload(const nvtxEventAttributes_t &event) noexcept {
    constexpr std::uint8_t kInteger = 1, kReal = 2; // hotloop::PayloadKind
    double real = 0;
    switch (event.payloadType) {
    case NVTX_PAYLOAD_TYPE_UNSIGNED_INT64: value_.payload = event.payload.ullValue; break;
    case NVTX_PAYLOAD_TYPE_INT64:
      value_.payload = static_cast<std::uint64_t>(event.payload.llValue);
      break;
    case NVTX_PAYLOAD_TYPE_UNSIGNED_INT32: value_.payload = event.payload.uiValue; break;
    case NVTX_PAYLOAD_TYPE_INT32:
      value_.payload = static_cast<std::uint64_t>(static_cast<std::int64_t>(event.payload.iValue));
      break;
    case NVTX_PAYLOAD_TYPE_DOUBLE: real = event.payload.dValue; break;
    case NVTX_PAYLOAD_TYPE_FLOAT: real = static_cast<double>(event.payload.fValue); break;
    default: return;
    }
    const bool isReal = event.payloadType == NVTX_PAYLOAD_TYPE_DOUBLE ||
                        event.payloadType == NVTX_PAYLOAD_TYPE_FLOAT;
    value_.payloadKind = isReal ? kReal : kInteger;
    if (isReal) std::memcpy(&value_.payload, &real, sizeof real);
  }

  inject::RangeAttributes value_;
  char wide_[kLongestWide]; // filled only for wide texts
};

} // namespace hotloop::nvtx
