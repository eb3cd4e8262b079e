#include "node/agent/password_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace fairlead::agent {
namespace {

class PasswordDirectoryTest : public ::testing::Test {
 protected:
  PasswordDirectoryTest() {
    char pattern[] = "/tmp/fairlead-passwords-XXXXXX";
    parent_ = mkdtemp(pattern);
    path_ = parent_ + "/passwords";
    std::filesystem::create_directory(path_);
  }
  ~PasswordDirectoryTest() override { std::filesystem::remove_all(parent_); }

  void write(const std::string& path, const std::string& text) const {
    std::ofstream(path, std::ios::binary) << text;
  }
  plan::PasswordFile read(const std::string& name) const {
    return PasswordDirectory(path_).read({name}, {}).at(name);
  }

  std::string parent_;
  std::string path_;
};

TEST_F(PasswordDirectoryTest, ReadsAFileWithoutTheNewlineAtItsEnd) {
  const std::pair<std::string, std::string> cases[] = {
      {"1234", "1234"},       {"1234\n", "1234"}, {"1234\r\n", "1234"},
      {" 12 \n\n", " 12 \n"}, {"", ""},           {"\n", ""}};
  for (const auto& [text, wanted] : cases) {
    write(path_ + "/gateway", text);
    EXPECT_EQ(read("gateway"), (plan::PasswordFile{wanted, ""})) << text;
  }
}

TEST_F(PasswordDirectoryTest, ReadsNoMoreThanShowsThatItIsTooLong) {
  write(path_ + "/gateway", std::string(1 << 20, 'p'));
  EXPECT_EQ(read("gateway"), (plan::PasswordFile{std::string(64, 'p'), ""}));
}

// As Kubernetes mounts a Secret.
TEST_F(PasswordDirectoryTest, FollowsALinkThatTheOperatorHasPutThere) {
  std::filesystem::create_directory(path_ + "/..data");
  write(path_ + "/..data/gateway", "1234");
  std::filesystem::create_symlink("..data/gateway", path_ + "/gateway");
  EXPECT_EQ(read("gateway"), (plan::PasswordFile{"1234", ""}));
}

TEST_F(PasswordDirectoryTest, OpensNothingOutsideTheFolder) {
  write(parent_ + "/secret", "root:$6$");
  std::filesystem::create_directory(path_ + "/sub");
  write(path_ + "/sub/secret", "root:$6$");
  for (const std::string name : {"../secret", "sub/secret", "..", ".", ""}) {
    EXPECT_EQ(read(name), (plan::PasswordFile{std::nullopt, "is not the plain name of a file in " + path_}))
        << name;
  }
  EXPECT_EQ(read(parent_ + "/secret").text, std::nullopt);
}

TEST_F(PasswordDirectoryTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(read("none"), (plan::PasswordFile{std::nullopt, "open " + path_ + "/none: ENOENT"}));
  std::filesystem::create_directory(path_ + "/folder");
  EXPECT_EQ(read("folder"), (plan::PasswordFile{std::nullopt, path_ + "/folder is no regular file"}));
  ASSERT_EQ(mkfifo((path_ + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(read("pipe"), (plan::PasswordFile{std::nullopt, path_ + "/pipe is no regular file"}));
}

TEST_F(PasswordDirectoryTest, KeepsWhatAFileHeldBeforeItWasGone) {
  write(path_ + "/gateway", "1234");
  const PasswordDirectory directory(path_);
  const auto before = directory.read({"gateway"}, {});
  std::filesystem::remove(path_ + "/gateway");
  EXPECT_EQ(directory.read({"gateway"}, before).at("gateway"),
            (plan::PasswordFile{"1234", "open " + path_ + "/gateway: ENOENT"}));
  write(path_ + "/gateway", "5678");
  EXPECT_EQ(directory.read({"gateway"}, before).at("gateway"), (plan::PasswordFile{"5678", ""}));
  EXPECT_TRUE(directory.read({}, before).empty());
}

}  // namespace
}  // namespace fairlead::agent
