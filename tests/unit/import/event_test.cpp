#include "collectors/import/kineto/event.h"

#include <gtest/gtest.h>

namespace hotloop::kineto {
namespace {

std::optional<std::int64_t> ns(std::string_view text) {
  return nanosecondsOf({text, Value::Kind::kPlain});
}

TEST(KinetoEvent, TimesAreExact) {
  EXPECT_EQ(ns("4600943649831.653"), 4600943649831653);
  EXPECT_EQ(ns("1606910596297023"), 1606910596297023000); // a double has no room for it
  EXPECT_EQ(ns("0.001"), 1);
  EXPECT_EQ(ns("-12.5"), -12500);
  EXPECT_EQ(ns("7"), 7000);
  EXPECT_EQ(ns("1.2345"), 1235); // half a nanosecond and more rounds up
  EXPECT_EQ(ns("1e3"), 1'000'000);
  EXPECT_FALSE(ns("NaN"));
  EXPECT_FALSE(ns(""));
  EXPECT_FALSE(ns("12x"));
  EXPECT_FALSE(ns("1e30"));
}

TEST(KinetoEvent, IntegersComeAsNumbersAndTexts) {
  EXPECT_EQ(integerOf({"4294967296", Value::Kind::kPlain}), 4294967296);
  EXPECT_EQ(integerOf({"stream 7", Value::Kind::kString}), 7);
  EXPECT_EQ(integerOf({"2248185664", Value::Kind::kString}), 2248185664);
  EXPECT_EQ(integerOf({"-1", Value::Kind::kPlain}), -1);
  EXPECT_EQ(integerOf({"18446744073709551615", Value::Kind::kPlain}), -1);
  EXPECT_FALSE(integerOf({"Spans", Value::Kind::kString}));
  EXPECT_FALSE(integerOf({"null", Value::Kind::kPlain}));
}

TEST(KinetoEvent, EscapesAreTakenOut) {
  std::string room;
  EXPECT_EQ(unescaped("plain", room), "plain");
  EXPECT_EQ(unescaped(R"(a\"b\\c\/d\n)", room), "a\"b\\c/d\n");
  EXPECT_EQ(unescaped(R"(\u00e9\ud83d\ude00)", room), "\xc3\xa9\xf0\x9f\x98\x80");
  EXPECT_EQ(unescaped(R"(\ud83d)", room), "\xef\xbf\xbd");
  EXPECT_EQ(unescaped(R"(\uzz)", room), R"(\uzz)");
}

TEST(KinetoEvent, KnowsEverySpellingOfAMember) {
  EXPECT_EQ(eventField("ts"), Field::kTime);
  EXPECT_EQ(eventField("args"), Field::kUnknown);
  EXPECT_EQ(argumentField("External id"), argumentField("external id"));
  EXPECT_EQ(argumentField("wait_on_cuda_event_record_corr_id"), Field::kWaitOnRecord);
  EXPECT_EQ(argumentField(""), Field::kUnknown);
  EXPECT_EQ(argumentField("queued"), Field::kUnknown);
}

} // namespace
} // namespace hotloop::kineto
