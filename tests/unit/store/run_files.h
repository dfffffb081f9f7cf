#pragma once

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "core/store/run_writer.h"
#include "tests/support/make_run.h"

// Run files to break and read, in a folder of their own per test.
namespace hotloop {

class RunFiles : public testing::Test {
protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/hotloop_store_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::filesystem::permissions(folder_, std::filesystem::perms::all);
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::permissions(folder_, std::filesystem::perms::all, ignored);
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string path(const std::string &name = "run.hotloop") const { return folder_ / name; }

  // A finished run of about `events` events; returns its path.
  std::string makeFile(std::uint64_t events = 2'000, bool device = false) {
    auto writer = RunWriter::create(path());
    EXPECT_TRUE(writer) << writer.error().message;
    test_support::MakeRunOptions options;
    options.events = events;
    options.device = device;
    options.graph = device;
    options.plants = {test_support::Plant::kItem};
    EXPECT_TRUE(test_support::makeRun(**writer, options));
    EXPECT_TRUE((*writer)->finalise(RunState::kClean));
    return path();
  }

  // Runs SQL on a file as a hostile or newer program would.
  void change(const std::string &file, const std::string &sql) {
    sqlite3 *db = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    char *message = nullptr;
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
    sqlite3_free(message);
    sqlite3_close(db);
  }

  // Runs `body` in a child that has no special rights; its result is that of the body.
  template <class Body> bool asOrdinaryUser(Body &&body) {
    const pid_t child = ::fork();
    if (child == 0) {
      constexpr unsigned kNobody = 65534;
      if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) ::_exit(2);
      ::_exit(body() ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  std::filesystem::path folder_;
};

} // namespace hotloop
