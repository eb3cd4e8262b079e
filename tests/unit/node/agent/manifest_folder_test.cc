#include "node/agent/manifest_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "lib/sys/unique_fd.h"

// What a start takes of the folder, and what it leaves in force of the run before (I-8).
namespace fairlead::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string group(const std::string& name, int id, const std::string& address) {
  return R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"VRRPGroup","metadata":{"name":")" + name +
         R"("},"spec":{"family":"IPv4","virtualRouterID":)" + std::to_string(id) +
         R"(,"interface":"eth0","addresses":[{"address":")" + address +
         R"(","forwarding":"Delegate"}],"members":[{"node":"node-a","priority":200}]}})";
}

class ManifestFolderStart : public ::testing::Test {
 protected:
  ManifestFolderStart() {
    std::string name = ::testing::TempDir() + "folder-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~ManifestFolderStart() override { std::filesystem::remove_all(path_); }

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }

  // What is in force and refused after a start that remembers this.
  plan::SettledManifests start(plan::ManifestFiles remembered) {
    ManifestFolder folder(loop_, metrics_, path_, "node-a", [] {});
    folder.start(std::move(remembered));
    problem_ = folder.problem();
    return folder.settled();
  }

  // gw.yaml as an earlier run took it.
  plan::ManifestFiles remembered() {
    write("gw.yaml", group("gw", 51, "192.0.2.10"));
    return start({}).in_force;
  }

  sys::Loop loop_;
  sys::Metrics metrics_;
  std::string path_;
  std::string problem_;
};

TEST_F(ManifestFolderStart, TakesTheFilesAsTheyAre) {
  const auto before = remembered();
  ASSERT_THAT(before, SizeIs(1));
  write("gw.yaml", group("gw", 52, "192.0.2.10"));
  const auto now = start(before);
  EXPECT_EQ(now.in_force.at("gw.yaml").groups.at(0).object.spec.virtual_router_id, 52);
  EXPECT_THAT(now.refusals, IsEmpty());
}

TEST_F(ManifestFolderStart, AFileThatIsWrongKeepsWhatWasInForce) {
  const auto before = remembered();
  write("gw.yaml", group("gw", 300, "192.0.2.10"));
  const auto now = start(before);
  EXPECT_EQ(now.in_force, before);
  EXPECT_THAT(now.refusals, SizeIs(1));
}

TEST_F(ManifestFolderStart, AFileThatIsBeingWrittenKeepsWhatWasInForce) {
  const auto before = remembered();
  const sys::UniqueFd writer(open(path("gw.yaml").c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  ASSERT_TRUE(writer.valid());
  const auto now = start(before);
  EXPECT_EQ(now.in_force, before);
  EXPECT_THAT(now.refusals, IsEmpty());
}

TEST_F(ManifestFolderStart, AFolderThatCannotBeReadKeepsWhatWasInForce) {
  const auto before = remembered();
  std::filesystem::remove_all(path_);
  EXPECT_EQ(start(before).in_force, before);
  EXPECT_THAT(problem_, HasSubstr("ENOENT"));
}

TEST_F(ManifestFolderStart, AFileThatIsGoneTakesWhatWasInForceWithIt) {
  const auto before = remembered();
  std::filesystem::remove(path("gw.yaml"));
  EXPECT_THAT(start(before).in_force, IsEmpty());
}

}  // namespace
}  // namespace fairlead::agent
