#pragma once

#include <cupti.h>

#include <cstdint>

// The functions of CUPTI that we call, filled by dlopen: nothing is linked, so a program without
// CUPTI starts as ever, and a fake can stand in.
namespace hotloop::cupti {

#define HOTLOOP_CUPTI_FUNCTIONS(use)                                                               \
  use(cuptiGetVersion) use(cuptiGetResultString) use(cuptiSubscribe_v2) use(cuptiUnsubscribe)      \
      use(cuptiEnableCallback) use(cuptiEnableDomain) use(cuptiSetThreadIdType)                    \
          use(cuptiActivityRegisterTimestampCallback) use(cuptiActivityRegisterCallbacks)          \
              use(cuptiActivitySetAttribute) use(cuptiActivityEnable) use(cuptiActivityDisable)    \
                  use(cuptiActivityEnableAllSyncRecords) use(cuptiActivityFlushPeriod)             \
                      use(cuptiActivityEnableRuntimeApi) use(cuptiActivityEnableDriverApi)         \
                          use(cuptiActivityFlushAll) use(cuptiActivityGetNextRecord)               \
                              use(cuptiActivityGetNumDroppedRecords) use(cuptiGetGraphNodeId)      \
                                  use(cuptiGetGraphId)

struct CuptiApi {
#define HOTLOOP_MEMBER(function) decltype(&::function) function = nullptr;
  HOTLOOP_CUPTI_FUNCTIONS(HOTLOOP_MEMBER)
#undef HOTLOOP_MEMBER
  std::uint32_t version = 0;
};

// Record layouts are those of CUPTI 13; later 13.x append to them.
inline constexpr std::uint32_t kOldestVersion = 130000;
inline constexpr std::uint32_t kTooNewVersion = 140000;

struct CuptiPlaces {
  const char *chosen = nullptr; // by the user: looked at before the system's places
  const char *hint = nullptr;   // looked at last
};

// Looks for CUPTI: the copy that the process has already loaded (two in one process break both),
// `chosen`, the loader's own places, beside this library, the toolkit's folders, `hint`. False, and
// a sentence in `why` (of `capacity` bytes): none there, another version, functions missing.
bool loadCupti(CuptiApi &api, const CuptiPlaces &places, char *why, std::size_t capacity) noexcept;

} // namespace hotloop::cupti
