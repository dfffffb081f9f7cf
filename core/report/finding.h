#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/time.h"

namespace hotloop {

// A place in the user's program. Empty file: unknown.
struct Site {
  std::string file;
  std::uint32_t line = 0;
  std::string function;
  std::string rangePath; // NVTX ranges open there, "train/forward"; may be empty

  bool operator==(const Site &) const = default;
  // "train.py:12 loss" or "unknown site".
  std::string text() const;
};

// Who pays for a finding: this run ("measured"), or only a GPU ("would").
enum class Felt : std::uint8_t { kMeasured, kWould };

// What a fix would give per step. Without an estimate, whyNone says why and the numbers are absent.
struct Gain {
  struct Estimate {
    double ms = 0;
    double lowMs = 0;
    double highMs = 0;
    std::string trust;      // high | medium | low
    double share = 0;       // of the step: 1 - new/old
    std::string bound = {}; // "lower": the fix gives at least this; "upper": at most; else empty
    bool belowResolution = false; // the interval holds zero, or it is too small for this run
  };
  std::optional<Estimate> estimate;
  std::string whyNone;
  // Without an estimate: no fix of it gives more than this, because all of it would then be gone.
  std::optional<double> mostMs = {};
};

struct Evidence {
  std::string table;       // name of an event table of the run file
  std::int64_t row = 0;    // its index in the loaded columns + 1
  std::string description; // "aten::item at step 12"
};

// What a device saw of it, per steady step (medians).
struct DeviceEvidence {
  Nanoseconds waited; // the host stood in these calls, waiting for work that was still running
  Nanoseconds idle;   // the device then had nothing to do until the next work began
};

// What a fix puts other work in place of, per steady step (medians), as the host spends it: where
// no device is on record, this is what the gain of the fix comes from.
struct Replaced {
  Nanoseconds all;  // the backward pass included
  Nanoseconds work; // of it arithmetic, which the replacement does as well; the rest is the calls
  double parts = 1; // as many equal ones become one
};

// One thing that holds the loop back.
struct Finding {
  std::string rule;    // "HL101"
  std::string variant; // "item", "branch", "print"; empty when the rule has none
  std::string title;   // one line, no full stop
  Site site;
  double perStep = 0; // occurrences per steady step (median)
  Felt felt = Felt::kWould;
  Nanoseconds hostTime;   // measured CPU time per steady step (median) of what would go away
  Nanoseconds deviceTime; // of its kernels, copies and fills, same; 0 where they do not count
  std::int64_t bytesPerStep = 0;        // allocated, where that is the point
  std::optional<DeviceEvidence> device; // in runs with device records, where calls are concerned
  std::optional<Replaced> replaced;     // where the rule can tell it
  Gain gain;
  std::string fix;                // one imperative sentence
  std::string fixCode;            // before and after, may be empty
  std::string mayNotPay;          // one sentence
  std::string doc;                // "docs/rules/hl101_scalar_readback.md"
  std::vector<Evidence> evidence; // at least one, the first occurrences
  std::string picture;            // a step as lines of text, before and after; may be empty
};

} // namespace hotloop
