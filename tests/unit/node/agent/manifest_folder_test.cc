#include "node/agent/manifest_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "lib/sys/unique_fd.h"

// What a start takes of the folder, and what it leaves in force of the run before (I-8); and what comes
// later.
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

// What takes as long to read as `kilobytes` of anything.
std::string padding(int kilobytes) {
  std::string out = "\n";
  for (int i = 0; i < kilobytes; ++i) out += "# " + std::string(1021, 'x') + "\n";
  return out;
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
    ManifestFolder folder(loop_, metrics_, path_, "node-a", {[] {}, [this] { ++read_; }});
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
  int read_ = 0;  // files
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

// All is read before the first plan, in one turn: each file says that the loop moves.
TEST_F(ManifestFolderStart, TellsOfEachFileThatItHasRead) {
  for (const auto* name : {"a.yaml", "b.yaml", "c.yaml"}) write(name, padding(70));
  start({});
  EXPECT_EQ(read_, 3);
}

// A folder that is watched, by a loop that runs.
class ManifestFolderLater : public ManifestFolderStart {
 protected:
  // Runs until `done` is true, which is asked each time that something is in force, or for 10 s.
  void run(const std::function<void()>& begin, const std::function<bool(const ManifestFolder&)>& done) {
    ManifestFolder folder(loop_, metrics_, path_, "node-a",
                          {[&] {
                             in_force_.push_back(folder.settled().in_force);
                             if (done(folder)) loop_.stop();
                           },
                           [this] { turns_.push_back(turn_); }});
    folder.start({});
    turns_.clear();
    begin();
    sys::Timer counter(loop_);
    const TimePoint late = sys::now() + Seconds(10);
    std::function<void()> count = [&] {
      ++turn_;
      if (sys::now() > late) return loop_.stop();
      counter.arm(sys::now() + Milliseconds(1), count);
    };
    count();
    loop_.run();
    EXPECT_LT(sys::now(), late);
  }

  std::vector<plan::ManifestFiles> in_force_;  // each time that it has changed
  std::vector<int> turns_;                     // in which a file was read
  int turn_ = 0;
};

TEST_F(ManifestFolderLater, LeavesTheLoopItsTurnBetweenLargeFiles) {
  run(
      [&] {
        for (const auto* name : {"a.yaml", "b.yaml", "c.yaml"})
          write(name, padding(70) + group("g", 1, "192.0.2.1"));
      },
      [](const ManifestFolder& folder) { return folder.settled().refusals.size() == 6; });
  ASSERT_THAT(turns_, SizeIs(3));
  EXPECT_LT(turns_[0], turns_[1]);
  EXPECT_LT(turns_[1], turns_[2]);
}

TEST_F(ManifestFolderLater, ReadsSmallFilesInOneTurn) {
  run(
      [&] {
        for (const auto* name : {"a.yaml", "b.yaml", "c.yaml"}) write(name, padding(10));
      },
      [](const ManifestFolder& folder) { return folder.settled().in_force.size() == 3; });
  ASSERT_THAT(turns_, SizeIs(3));
  EXPECT_EQ(turns_[0], turns_[2]);
}

// Or it would be given up and begun anew.
TEST_F(ManifestFolderLater, AGroupThatGoesToAnotherFileIsInForceAllTheTime) {
  write("a.yaml", padding(70) + group("g", 1, "192.0.2.1"));
  write("b.yaml", padding(70));
  run(
      [&] {
        write("b.yaml", padding(70) + group("g", 1, "192.0.2.1"));
        write("a.yaml", padding(71));
      },
      [](const ManifestFolder& folder) { return !folder.settled().in_force.at("b.yaml").groups.empty(); });
  ASSERT_THAT(turns_, SizeIs(2));
  for (const auto& files : in_force_) {
    EXPECT_EQ(files.at("a.yaml").groups.size() + files.at("b.yaml").groups.size(), 1U);
  }
}

}  // namespace
}  // namespace fairlead::agent
