#include "core/symbolize/symbolizer.h"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/symbolize/demangle.h"
#include "tests/unit/symbolize/lines_library.h"

namespace hotloop {
namespace {

using test::linesPath;
using test::linesSource;
using test::markedLine;
using test::returnAddressIn;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::StartsWith;

NativePlace placeIn(const std::string &library, const std::string &function) {
  Symbolizer symbolizer;
  const std::string path = linesPath(library);
  return symbolizer.returnAddress(symbolizer.addModule(path), returnAddressIn(path, function));
}

class WithLines : public ::testing::TestWithParam<const char *> {};
INSTANTIATE_TEST_SUITE_P(, WithLines,
                         ::testing::Values("liblines_dwarf5.so", "liblines_dwarf4.so",
                                           "liblines_compressed.so", "liblines_split.so",
                                           "linked/liblines.so"),
                         [](const auto &variant) {
                           std::string name = variant.param;
                           for (char &c : name)
                             c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
                           return name;
                         });

TEST_P(WithLines, NamesFunctionFileAndLineOfTheCall) {
  const NativePlace place = placeIn(GetParam(), "targetPlain");
  EXPECT_EQ(place.quality, PlaceQuality::kLine);
  ASSERT_EQ(place.frames.size(), 1u);
  EXPECT_EQ(place.frames[0].function, "targetPlain");
  EXPECT_EQ(place.frames[0].file, linesSource());
  EXPECT_EQ(place.frames[0].line, markedLine("plain"));
  EXPECT_TRUE(place.frames[0].user);
}

TEST_P(WithLines, UnfoldsInlinedCallsInnermostFirst) {
  const NativePlace place = placeIn(GetParam(), "targetInlined");
  ASSERT_EQ(place.frames.size(), 3u);
  EXPECT_THAT(place.frames[0].function, StartsWith("target::innermost("));
  EXPECT_EQ(place.frames[0].line, markedLine("innermost"));
  EXPECT_THAT(place.frames[1].function, StartsWith("target::middle("));
  EXPECT_EQ(place.frames[1].line, markedLine("middle"));
  EXPECT_EQ(place.frames[2].function, "targetInlined");
  EXPECT_EQ(place.frames[2].line, markedLine("outer"));
  for (const SourceFrame &frame : place.frames) EXPECT_EQ(frame.file, linesSource());
}

TEST_P(WithLines, DemanglesExportedFunctions) {
  const NativePlace place = placeIn(GetParam(), "targetExported");
  ASSERT_EQ(place.frames.size(), 1u);
  EXPECT_EQ(place.frames[0].function, "target::exported(void (*)(void*), void*)");
  EXPECT_EQ(place.frames[0].line, markedLine("exported"));
}

TEST_P(WithLines, QualifiesFunctionsOfUnnamedNamespaces) {
  const NativePlace hidden = placeIn(GetParam(), "targetHidden");
  ASSERT_EQ(hidden.frames.size(), 1u);
  EXPECT_THAT(hidden.frames[0].function, StartsWith("target::(anonymous namespace)::hidden"));
  EXPECT_EQ(hidden.frames[0].line, markedLine("hidden"));

  const NativePlace box = placeIn(GetParam(), "targetBox");
  ASSERT_EQ(box.frames.size(), 2u);
  EXPECT_THAT(box.frames[0].function, StartsWith("target::(anonymous namespace)::Box<int>::open"));
  EXPECT_EQ(box.frames[0].line, markedLine("box"));
  EXPECT_EQ(box.frames[1].line, markedLine("box caller"));
}

TEST_P(WithLines, TakesTheCallAndNotWhatFollowsIt) {
  const NativePlace place = placeIn(GetParam(), "targetNoReturn");
  ASSERT_EQ(place.frames.size(), 1u);
  EXPECT_EQ(place.frames[0].function, "targetNoReturn");
  EXPECT_EQ(place.frames[0].line, markedLine("last call"));
}

TEST(Symbolizer, StrippedLibraryGivesTheDynamicSymbol) {
  for (const char *library : {"stripped/liblines.so", "liblines_none.so"}) {
    const NativePlace place = placeIn(library, "targetExported");
    EXPECT_EQ(place.quality, PlaceQuality::kFunction) << library;
    ASSERT_EQ(place.frames.size(), 1u);
    EXPECT_EQ(place.frames[0].function, "target::exported(void (*)(void*), void*)");
    EXPECT_EQ(place.frames[0].file, "");
    EXPECT_EQ(place.frames[0].line, 0u);
  }
}

TEST(Symbolizer, UncoveredAddressGivesModuleAndOffset) {
  // Without .symtab nothing covers a static function: its neighbour's name would be a lie.
  const std::string path = linesPath("stripped/liblines.so");
  const std::uint64_t offset = returnAddressIn(path, "targetHidden");
  Symbolizer symbolizer;
  const std::uint32_t module = symbolizer.addModule(path);
  const NativePlace hidden = symbolizer.returnAddress(module, offset);
  EXPECT_EQ(hidden.quality, PlaceQuality::kOffsetOnly);
  char expected[64];
  std::snprintf(expected, sizeof(expected), "liblines.so+0x%llx",
                static_cast<unsigned long long>(offset));
  EXPECT_EQ(hidden.frames.at(0).function, expected);
  for (const std::uint64_t wild : {std::uint64_t{0}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    EXPECT_EQ(symbolizer.returnAddress(module, wild).quality, PlaceQuality::kOffsetOnly);
  }
  EXPECT_EQ(symbolizer.counts().placesWithoutFunction, 4u);
  EXPECT_EQ(symbolizer.counts().missingModules, 0u);
}

TEST(Symbolizer, ReturnAddressesAreLookedUpOneByteEarlier) {
  const std::string path = linesPath("liblines_dwarf5.so");
  const std::uint64_t offset = returnAddressIn(path, "targetPlain");
  Symbolizer symbolizer;
  const std::uint32_t module = symbolizer.addModule(path);
  const SourceFrame byReturn = symbolizer.returnAddress(module, offset).frames.at(0);
  const SourceFrame byAddress = symbolizer.address(module, offset - 1).frames.at(0);
  EXPECT_EQ(byReturn.line, byAddress.line);
  EXPECT_NE(symbolizer.address(module, offset).frames.at(0).line, markedLine("plain"));
}

TEST(Symbolizer, ChangedFileIsNotBelieved) {
  const std::string path = linesPath("liblines_dwarf5.so");
  const std::uint64_t offset = returnAddressIn(path, "targetPlain");
  std::vector<std::uint8_t> buildId = test::buildIdOf(path);
  ASSERT_EQ(buildId.size(), 20u);
  Symbolizer symbolizer;
  const std::uint32_t same = symbolizer.addModule(path, buildId);
  EXPECT_EQ(symbolizer.returnAddress(same, offset).quality, PlaceQuality::kLine);

  buildId[3] ^= 1;
  const std::uint32_t changed = symbolizer.addModule(path, buildId);
  ASSERT_NE(same, changed);
  for (int again = 0; again < 2; ++again) {
    const NativePlace &place = symbolizer.returnAddress(changed, offset + again);
    EXPECT_EQ(place.quality, PlaceQuality::kChanged);
    EXPECT_THAT(place.frames.at(0).function, StartsWith("liblines_dwarf5.so+0x"));
  }
  EXPECT_EQ(symbolizer.counts().changedModules, 1u);
  EXPECT_EQ(symbolizer.counts().placesWithoutFunction, 2u);
}

TEST(Symbolizer, MissingFileGivesModuleAndOffset) {
  Symbolizer symbolizer;
  for (const char *path : {"/nowhere/libgone.so", "/", "/dev/null", "", "relative"}) {
    const std::uint32_t module = symbolizer.addModule(path);
    EXPECT_EQ(symbolizer.returnAddress(module, 0x10).quality, PlaceQuality::kMissing) << path;
    EXPECT_EQ(symbolizer.returnAddress(module, 0x20).quality, PlaceQuality::kMissing) << path;
  }
  EXPECT_EQ(symbolizer.counts().missingModules, 5u);
  const std::uint32_t gone = symbolizer.addModule("/nowhere/libgone.so");
  EXPECT_EQ(symbolizer.returnAddress(gone, 0x10).frames.at(0).function, "libgone.so+0x10");
}

TEST(Symbolizer, VdsoIsNoMissingFile) {
  Symbolizer symbolizer;
  const NativePlace &place =
      symbolizer.returnAddress(symbolizer.addModule("linux-vdso.so.1"), 0x10);
  EXPECT_EQ(place.quality, PlaceQuality::kOffsetOnly);
  EXPECT_FALSE(place.frames.at(0).user);
  EXPECT_EQ(symbolizer.counts().missingModules, 0u);
}

TEST(Symbolizer, UnknownModuleNumberIsAnswered) {
  Symbolizer symbolizer;
  EXPECT_EQ(symbolizer.returnAddress(7, 0x10).frames.at(0).function, "0x10");
}

TEST(Symbolizer, DebugLinkOfAnotherBuildIsNotBelieved) {
  const std::filesystem::path folder = linesPath("mixed");
  std::filesystem::create_directories(folder / ".debug");
  const auto replace = std::filesystem::copy_options::overwrite_existing;
  std::filesystem::copy_file(linesPath("linked/liblines.so"), folder / "liblines.so", replace);
  std::filesystem::copy_file(linesPath("liblines_dwarf4.so"), folder / ".debug/liblines.so.debug",
                             replace);
  const NativePlace place = placeIn("mixed/liblines.so", "targetPlain");
  EXPECT_EQ(place.quality, PlaceQuality::kFunction);
  EXPECT_EQ(place.frames.at(0).function, "targetPlain");
}

TEST(Symbolizer, BoundsCostSpeedNotAnswers) {
  SymbolizerOptions tiny;
  tiny.cachedPlaces = 1;
  tiny.openModules = 1;
  tiny.debugBytes = 0;
  Symbolizer symbolizer(tiny);
  for (int round = 0; round < 3; ++round) {
    for (const char *library :
         {"liblines_dwarf5.so", "liblines_dwarf4.so", "stripped/liblines.so"}) {
      const std::string path = linesPath(library);
      for (const char *function : {"targetPlain", "targetInlined"}) {
        const NativePlace place =
            symbolizer.returnAddress(symbolizer.addModule(path), returnAddressIn(path, function));
        EXPECT_EQ(place.frames.back().function, function);
      }
    }
  }
  EXPECT_GE(symbolizer.counts().fileReopens, 6u);
}

TEST(Symbolizer, SameModuleSameNumber) {
  Symbolizer symbolizer;
  const std::uint8_t id[] = {1, 2};
  EXPECT_EQ(symbolizer.addModule("/a"), symbolizer.addModule("/a"));
  EXPECT_NE(symbolizer.addModule("/a"), symbolizer.addModule("/a", id));
  EXPECT_EQ(symbolizer.addModule("/a", id), symbolizer.addModule("/a", id));
}

TEST(Demangle, LeavesOtherNamesAlone) {
  EXPECT_EQ(demangle("_ZN6target8exportedEv"), "target::exported()");
  EXPECT_EQ(demangle("_ZN6target8exportedEv@@V1"), "target::exported()");
  EXPECT_EQ(demangle("main"), "main");
  EXPECT_EQ(demangle("_Zbroken"), "_Zbroken");
  EXPECT_EQ(demangle(""), "");
  EXPECT_LE(demangle(("_Z" + std::string(100000, 'P')).c_str()).size(), 2048u);
}

} // namespace
} // namespace hotloop
