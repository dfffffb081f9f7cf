#include "core/store/history_store.h"

#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/store/run_files.h"

namespace hotloop {
namespace {

using testing::HasSubstr;

HistoryEntry entryOf(std::int64_t start, const std::string &file, double value) {
  return {start, file, "python3 train.py", "abc", "cpu", 20, {{"launches", value}}};
}

using HistoryStore = RunFiles;

TEST_F(HistoryStore, ReadsWhatWasAddedInTheOrderOfTime) {
  const std::string path = this->path("history.db");
  const auto missing = readHistory(path);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("does not exist; hotloop check RUN --db"));
  ASSERT_TRUE(addToHistory(path, {entryOf(2, "b", 20)}));
  ASSERT_TRUE(addToHistory(path, {entryOf(1, "a", 10), entryOf(3, "c", 30)}));
  HistoryEntry again = entryOf(2, "b", 25);
  again.values["host_syncs"] = 1;
  ASSERT_TRUE(addToHistory(path, {again})); // the same run, judged once more
  ASSERT_TRUE(addToHistory(path, {{4, "empty", "x", "", "cpu", 1, {}}}));
  const auto all = readHistory(path);
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->size(), 4u);
  EXPECT_EQ((*all)[0].file, "a");
  EXPECT_EQ((*all)[1].values.at("launches"), 25);
  EXPECT_EQ((*all)[1].values.size(), 2u);
  EXPECT_EQ((*all)[2].commit, "abc");
  EXPECT_TRUE((*all)[3].values.empty());
}

TEST_F(HistoryStore, TakesNoOtherDatabase) {
  const std::string path = this->path("other.db");
  ASSERT_TRUE(addToHistory(path, {entryOf(1, "a", 1)}));
  std::filesystem::resize_file(path, 100);
  EXPECT_FALSE(readHistory(path));
  EXPECT_FALSE(addToHistory(path, {entryOf(1, "a", 1)}));
  std::ofstream(path) << "no database, but a text that is long enough to be taken for one\n";
  const auto text = addToHistory(path, {entryOf(1, "a", 1)});
  ASSERT_FALSE(text);
  const std::string run = makeFile();
  const auto size = std::filesystem::file_size(run);
  const auto refused = addToHistory(run, {entryOf(1, "a", 1)});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("not a database of runs"));
  EXPECT_EQ(std::filesystem::file_size(run), size);
  EXPECT_THAT(readHistory(run).error().message, HasSubstr("not a database of runs"));
}

TEST_F(HistoryStore, WritersTakeTurns) {
  const std::string path = this->path("turns.db");
  ASSERT_TRUE(addToHistory(path, {entryOf(0, "first", 0)}));
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer)
    writers.emplace_back([&, writer] {
      for (int i = 0; i < 5; ++i)
        EXPECT_TRUE(addToHistory(path, {entryOf(writer * 10 + i + 1, std::to_string(writer), i)}));
    });
  for (std::thread &writer : writers) writer.join();
  EXPECT_EQ(readHistory(path)->size(), 21u);
}

} // namespace
} // namespace hotloop
