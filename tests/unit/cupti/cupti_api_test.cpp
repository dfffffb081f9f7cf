#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "collectors/cupti/cupti_api.h"
#include "tests/unit/cupti/cuda_run.h"

namespace hotloop::cupti {
namespace {

using testing::TemporaryFolder;

TEST(CuptiApi, TakesTheChosenLibrary) {
  CuptiApi api;
  char why[512] = "";
  ASSERT_TRUE(loadCupti(api, {testing::fakeCupti().c_str(), nullptr}, why, sizeof why)) << why;
  EXPECT_EQ(api.version, 130001u);
  EXPECT_NE(api.cuptiGetGraphId, nullptr);
}

TEST(CuptiApi, SaysWhatIsWrongWithTheChosenOne) {
  const TemporaryFolder folder;
  const std::string text = folder / "text.so";
  std::ofstream(text) << "no library";
  const std::string absent = folder / "absent.so";
  for (const std::string &path : {text, absent}) {
    CuptiApi api;
    char why[512] = "";
    EXPECT_FALSE(loadCupti(api, {path.c_str(), nullptr}, why, sizeof why));
    EXPECT_THAT(why, ::testing::HasSubstr("HOTLOOP_CUPTI_PATH cannot be used"));
    EXPECT_THAT(why, ::testing::HasSubstr(path));
  }
}

TEST(CuptiApi, ALibraryWithoutTheFunctionsIsRefused) {
  CuptiApi api;
  char why[512] = "";
  EXPECT_FALSE(loadCupti(api, {"libm.so.6", nullptr}, why, sizeof why));
  EXPECT_THAT(why, ::testing::HasSubstr("does not tell its version"));
}

} // namespace
} // namespace hotloop::cupti
