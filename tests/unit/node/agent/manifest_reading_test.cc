#include "node/agent/manifest_reading.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "lib/sys/unique_fd.h"

namespace fairlead::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ManifestReading : public ::testing::Test {
 protected:
  ManifestReading() {
    std::string name = ::testing::TempDir() + "manifests-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~ManifestReading() override { std::filesystem::remove_all(path_); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ + "/" + name) << text;
  }
  std::vector<std::string> listed() const {
    std::vector<std::string> out;
    const auto found = list_manifests(path_);
    if (!found) return {"error: " + found.error().message};
    for (const auto& [name, stamp] : *found) out.push_back(name);
    return out;
  }
  FileStamp stamp(const std::string& name) const { return list_manifests(path_)->at(name); }
  Result<std::string> read(const std::string& name) const {
    return read_manifest_text(path_ + "/" + name, stamp(name));
  }

  std::string path_;
};

TEST_F(ManifestReading, ListsTheFilesThatAreMeant) {
  for (const auto* name :
       {"a.yaml", "b.yml", "c.json", ".hidden.yaml", "d.yaml~", "e.txt", "yaml", ".yaml"}) {
    write(name, "");
  }
  EXPECT_THAT(listed(), ElementsAre("a.yaml", "b.yml", "c.json"));
}

TEST_F(ManifestReading, AFolderThatIsNotThereIsAnError) {
  const auto found = list_manifests(path_ + "/none");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("ENOENT"));
}

TEST_F(ManifestReading, ReadsTheWholeFile) {
  const std::string text(100'000, 'x');
  write("a.yaml", text);
  const auto read_text = read("a.yaml");
  ASSERT_TRUE(read_text) << read_text.error().message;
  EXPECT_EQ(*read_text, text);
}

// Mounted ConfigMaps: every file is a link to one in a folder that is exchanged as a whole.
TEST_F(ManifestReading, FollowsLinksAndSeesWhenTheyLeadElsewhere) {
  std::filesystem::create_directory(path_ + "/..1");
  std::filesystem::create_directory(path_ + "/..2");
  write("..1/a.yaml", "one");
  write("..2/a.yaml", "two");
  std::filesystem::create_symlink("..1", path_ + "/..data");
  std::filesystem::create_symlink("..data/a.yaml", path_ + "/a.yaml");
  EXPECT_THAT(listed(), ElementsAre("a.yaml"));
  const auto before = stamp("a.yaml");
  EXPECT_EQ(*read("a.yaml"), "one");
  std::filesystem::create_symlink("..2", path_ + "/..new");
  std::filesystem::rename(path_ + "/..new", path_ + "/..data");
  EXPECT_FALSE(stamp("a.yaml") == before);
  EXPECT_EQ(*read("a.yaml"), "two");
}

TEST_F(ManifestReading, AFileThatIsOpenForWritingIsLeftForLater) {
  write("a.yaml", "half");
  {
    const sys::UniqueFd writer(open((path_ + "/a.yaml").c_str(), O_WRONLY | O_CLOEXEC));
    const auto text = read("a.yaml");
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, Code::kUnavailable);
    EXPECT_THAT(text.error().message, HasSubstr("open for writing"));
  }
  EXPECT_EQ(*read("a.yaml"), "half");
}

TEST_F(ManifestReading, AnotherVersionThanTheListedOneIsLeftForLater) {
  write("a.yaml", "one");
  const auto old = stamp("a.yaml");
  write("a.yaml", "and two");
  const auto text = read_manifest_text(path_ + "/a.yaml", old);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Code::kUnavailable);
}

TEST_F(ManifestReading, WhatIsNoFileOrTooLargeIsRefusedAndNobodyIsWaitedFor) {
  ASSERT_EQ(mkfifo((path_ + "/pipe.yaml").c_str(), 0600), 0);
  std::filesystem::create_directory(path_ + "/folder.yaml");
  std::filesystem::create_symlink("nowhere", path_ + "/link.yaml");
  write("large.yaml", std::string(kLargestManifest + 1, 'x'));
  write("largest.yaml", std::string(kLargestManifest, 'x'));
  for (const auto* name : {"pipe.yaml", "folder.yaml"}) {
    EXPECT_THAT(read(name).error().message, HasSubstr("no regular file")) << name;
  }
  EXPECT_THAT(read("link.yaml").error().message, HasSubstr("ENOENT"));
  EXPECT_THAT(read("large.yaml").error().message, HasSubstr("1 MiB"));
  EXPECT_TRUE(read("largest.yaml"));
}

// To open a device, to which a link may lead, may set something off. A pipe stands for it here.
TEST_F(ManifestReading, WhatIsNoFileIsNotOpened) {
  ASSERT_EQ(mkfifo((path_ + "/pipe.yaml").c_str(), 0600), 0);
  std::filesystem::create_symlink("pipe.yaml", path_ + "/link.yaml");
  write("a.yaml", "");
  const sys::UniqueFd watch(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  for (const auto* name : {"pipe.yaml", "a.yaml"}) {
    ASSERT_GE(inotify_add_watch(watch.get(), (path_ + "/" + name).c_str(), IN_OPEN), 0);
  }
  std::array<char, 4096> events{};
  EXPECT_FALSE(read("pipe.yaml"));
  EXPECT_FALSE(read("link.yaml"));
  EXPECT_EQ(::read(watch.get(), events.data(), events.size()), -1) << "it was opened";
  EXPECT_TRUE(read("a.yaml"));
  EXPECT_GT(::read(watch.get(), events.data(), events.size()), 0) << "the watch sees what is opened";
}

TEST_F(ManifestReading, MoreThan500FilesAreAnErrorOfTheFolder) {
  for (int i = 0; i < 500; ++i) write(std::to_string(i) + ".yaml", "");
  EXPECT_EQ(listed().size(), 500U);
  write("one-more.yaml", "");
  EXPECT_THAT(listed(), ElementsAre(HasSubstr("more than 500")));
}

}  // namespace
}  // namespace fairlead::agent
