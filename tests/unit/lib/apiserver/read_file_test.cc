#include "lib/apiserver/read_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "lib/sys/unique_fd.h"

namespace fairlead::apiserver {
namespace {

// A folder of one test's own.
class ReadFile : public ::testing::Test {
 protected:
  ReadFile() {
    std::string name = ::testing::TempDir() + "fairlead-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~ReadFile() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  Error refused(const std::string& name) const {
    const auto text = read_file(path(name));
    return text ? fail(Code::kInternal, "was read: " + *text) : text.error();
  }
  Error no_regular_file(const std::string& name) const {
    return fail(Code::kInvalid, "cannot read " + path(name) + ": it is no regular file");
  }

 private:
  std::string folder_;
};

TEST_F(ReadFile, IsReadWhole) {
  const std::string text = std::string(100000, 'x') + std::string("\0\n", 2);
  std::ofstream(path("file")) << text;
  const auto read = read_file(path("file"));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, text);
}

// A mounted Secret, and the token of a Pod, are links to links.
TEST_F(ReadFile, ALinkToARegularFileIsFollowed) {
  std::ofstream(path("file")) << "token";
  std::filesystem::create_symlink("file", path("data"));
  std::filesystem::create_symlink("data", path("link"));
  const auto read = read_file(path("link"));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, "token");
}

// The loop's thread reads tokens, the transport's keys: were one of them held up, nothing would be heard of
// it.
TEST_F(ReadFile, APipeIsRefusedAtOnceWhetherOrNotSomebodyWritesToIt) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), S_IRUSR | S_IWUSR), 0);
  EXPECT_EQ(refused("pipe"), no_regular_file("pipe"));
  const sys::UniqueFd writer(open(path("pipe").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(writer.valid());
  EXPECT_EQ(refused("pipe"), no_regular_file("pipe"));
}

TEST_F(ReadFile, ADeviceIsNoRegularFile) {
  std::filesystem::create_symlink("/dev/zero", path("zero"));
  EXPECT_EQ(refused("zero"), no_regular_file("zero"));
}

// What a Pod has in the place of a file that was to be mounted and is not there.
TEST_F(ReadFile, AFolderIsCalledThat) {
  std::filesystem::create_directory(path("folder"));
  EXPECT_EQ(refused("folder"),
            fail(Code::kUnavailable, "cannot read " + path("folder") + ": Is a directory"));
}

TEST_F(ReadFile, WhatIsNotThereIsToldApart) {
  EXPECT_EQ(refused("none"),
            fail(Code::kNotFound, "cannot read " + path("none") + ": No such file or directory"));
}

}  // namespace
}  // namespace fairlead::apiserver
