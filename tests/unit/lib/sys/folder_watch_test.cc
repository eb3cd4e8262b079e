#include "lib/sys/folder_watch.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace fairlead::sys {
namespace {

class FolderWatchTest : public ::testing::Test {
 protected:
  FolderWatchTest() {
    std::string name = ::testing::TempDir() + "watch-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~FolderWatchTest() override { std::filesystem::remove_all(path_); }

  // True if the watch tells of what `change` does.
  bool told(const std::function<void()>& change) {
    bool out = false;
    watch_ = std::move(*FolderWatch::open(loop_, path_, [&] {
      out = true;
      loop_.stop();
    }));
    loop_.post(change);
    Timer limit(loop_);
    limit.arm(now() + Seconds(5), [this] { loop_.stop(); });
    loop_.run();
    return out;
  }

  Loop loop_;
  std::string path_;
  std::unique_ptr<FolderWatch> watch_;
};

TEST_F(FolderWatchTest, TellsOfAFileThatIsWritten) {
  EXPECT_TRUE(told([this] { std::ofstream(path_ + "/a") << "x"; }));
  EXPECT_TRUE(watch_->alive());
}

TEST_F(FolderWatchTest, TellsOfAFileThatIsRenamedIntoPlace) {
  std::ofstream(path_ + ".new") << "x";
  EXPECT_TRUE(told([this] { std::filesystem::rename(path_ + ".new", path_ + "/a"); }));
}

TEST_F(FolderWatchTest, TellsOfAFileThatIsRemoved) {
  std::ofstream(path_ + "/a") << "x";
  EXPECT_TRUE(told([this] { std::filesystem::remove(path_ + "/a"); }));
}

TEST_F(FolderWatchTest, IsNotAliveOnceTheFolderWasRemovedOrRenamed) {
  EXPECT_TRUE(told([this] { std::filesystem::rename(path_, path_ + ".away"); }));
  EXPECT_FALSE(watch_->alive());
  std::filesystem::remove_all(path_ + ".away");
}

TEST_F(FolderWatchTest, WhatIsNoFolderIsAnError) {
  std::ofstream(path_ + "/a") << "x";
  const auto nothing = FolderWatch::open(loop_, path_ + "/none", [] {});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Code::kNotFound);
  const auto file = FolderWatch::open(loop_, path_ + "/a", [] {});
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code, Code::kInvalid);
}

}  // namespace
}  // namespace fairlead::sys
