#include "node/agent/checkpoint_store.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace fairlead::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class InDirectory : public ::testing::Test {
 protected:
  InDirectory() {
    char pattern[] = "/tmp/fairlead-checkpoint-XXXXXX";
    directory_ = mkdtemp(pattern);
  }
  ~InDirectory() override { std::filesystem::remove_all(directory_); }

  std::string file(const std::string& name) const { return directory_ + "/" + name; }
  void damage(const std::string& name) const {
    std::fstream stream(file(name), std::ios::in | std::ios::out);
    stream.seekp(100);
    stream.put('#');
  }

  std::string directory_;
};

api::Checkpoint checkpoint(const std::string& node) {
  api::Checkpoint out;
  out.node = node;
  return out;
}

using CheckpointStoreTest = InDirectory;

TEST_F(CheckpointStoreTest, WithoutAFileThereIsNothingAndNoProblem) {
  const auto loaded = CheckpointStore(directory_).load();
  EXPECT_EQ(loaded.checkpoint, std::nullopt);
  EXPECT_THAT(loaded.problems, IsEmpty());
}

TEST_F(CheckpointStoreTest, WhatWasSavedLastIsLoaded) {
  CheckpointStore store(directory_);
  ASSERT_TRUE(store.save(checkpoint("first")));
  ASSERT_TRUE(store.save(checkpoint("second")));
  const auto loaded = CheckpointStore(directory_).load();
  EXPECT_EQ(loaded.checkpoint, checkpoint("second"));
  EXPECT_EQ(loaded.copy, CheckpointStore::Copy::kCurrent);
  EXPECT_THAT(loaded.problems, IsEmpty());
}

// S-14: what was put there in its place blocks nobody.
TEST_F(CheckpointStoreTest, APipeInTheCheckpointsPlaceIsADamagedOne) {
  ASSERT_EQ(mkfifo(file("checkpoint.json").c_str(), 0600), 0);
  const auto loaded = CheckpointStore(directory_).load();
  EXPECT_EQ(loaded.checkpoint, std::nullopt);
  EXPECT_THAT(loaded.problems, SizeIs(2));
  EXPECT_TRUE(CheckpointStore(directory_).save(checkpoint("new")));
}

// An open() for writing waits for a reader of the pipe, and nobody could end the thread.
TEST_F(CheckpointStoreTest, WhatStandsInTheNewFilesPlaceIsNotWrittenTo) {
  ASSERT_EQ(mkfifo(file("checkpoint.json.new").c_str(), 0600), 0);
  CheckpointStore store(directory_);
  ASSERT_TRUE(store.save(checkpoint("first")));
  EXPECT_EQ(CheckpointStore(directory_).load().checkpoint, checkpoint("first"));
  std::ofstream(file("other")) << "of another";
  std::filesystem::create_hard_link(file("other"), file("checkpoint.json.new"));
  ASSERT_TRUE(store.save(checkpoint("second")));
  EXPECT_EQ(std::filesystem::file_size(file("other")), 10U);
}

// FN-15: the previous copy, flagged.
// S-14: nor does it take the memory of the machine.
TEST_F(CheckpointStoreTest, WhatIsTooLargeToBeOursIsNotReadToItsEnd) {
  std::ofstream(file("checkpoint.json")) << "x";
  std::filesystem::resize_file(file("checkpoint.json"), std::uintmax_t{256} << 20U);  // a hole
  const auto loaded = CheckpointStore(directory_).load();
  ASSERT_THAT(loaded.problems, SizeIs(2));
  EXPECT_EQ(loaded.problems[0], file("checkpoint.json") + ": is larger than 64 MB");
}

TEST_F(CheckpointStoreTest, WhatCouldNotBeReadAgainIsNotWritten) {
  CheckpointStore store(directory_);
  ASSERT_TRUE(store.save(checkpoint("first")));
  const auto saved = store.save(checkpoint(std::string(api::kLargestCheckpoint, 'n')));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().code, Code::kInvalid);
  EXPECT_EQ(CheckpointStore(directory_).load().checkpoint, checkpoint("first"));
}

TEST_F(CheckpointStoreTest, OfADamagedCheckpointThePreviousCopyIsLoadedAndFlagged) {
  CheckpointStore store(directory_);
  ASSERT_TRUE(store.save(checkpoint("first")));
  ASSERT_TRUE(store.save(checkpoint("second")));
  damage("checkpoint.json");
  const auto loaded = CheckpointStore(directory_).load();
  EXPECT_EQ(loaded.checkpoint, checkpoint("first"));
  EXPECT_EQ(loaded.copy, CheckpointStore::Copy::kPrevious);
  ASSERT_THAT(loaded.problems, SizeIs(1));
  EXPECT_THAT(loaded.problems[0], HasSubstr("checkpoint.json is damaged: wrong checksum"));
}

// FN-15: both bad: hold nothing, wait.
TEST_F(CheckpointStoreTest, OfTwoDamagedCopiesNoneIsLoaded) {
  CheckpointStore store(directory_);
  ASSERT_TRUE(store.save(checkpoint("first")));
  ASSERT_TRUE(store.save(checkpoint("second")));
  damage("checkpoint.json");
  damage("checkpoint.json.previous");
  const auto loaded = CheckpointStore(directory_).load();
  EXPECT_EQ(loaded.checkpoint, std::nullopt);
  EXPECT_THAT(loaded.problems, SizeIs(2));
}

TEST_F(CheckpointStoreTest, ADamagedCopyNeverReplacesAGoodPreviousOne) {
  CheckpointStore store(directory_);
  ASSERT_TRUE(store.save(checkpoint("first")));
  ASSERT_TRUE(store.save(checkpoint("second")));
  damage("checkpoint.json");
  CheckpointStore restarted(directory_);
  restarted.load();
  ASSERT_TRUE(restarted.save(checkpoint("third")));
  damage("checkpoint.json");
  EXPECT_EQ(CheckpointStore(directory_).load().checkpoint, checkpoint("first"));
}

TEST_F(CheckpointStoreTest, ACheckpointThatWasNeverFinishedIsNotLoaded) {
  CheckpointStore store(directory_);
  ASSERT_TRUE(store.save(checkpoint("first")));
  std::ofstream(file("checkpoint.json.new")) << "half a docu";
  EXPECT_EQ(CheckpointStore(directory_).load().checkpoint, checkpoint("first"));
  EXPECT_TRUE(store.save(checkpoint("second")));
  EXPECT_EQ(CheckpointStore(directory_).load().checkpoint, checkpoint("second"));
}

// S-14.
TEST_F(CheckpointStoreTest, OnlyTheOwnerMayReadAndWriteTheFiles) {
  CheckpointStore store(directory_);
  ASSERT_TRUE(store.save(checkpoint("first")));
  ASSERT_TRUE(store.save(checkpoint("second")));
  for (const auto* name : {"checkpoint.json", "checkpoint.json.previous"}) {
    struct stat status {};
    ASSERT_EQ(stat(file(name).c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
  }
}

// What `fairlead-node cleanup` does last.
TEST_F(CheckpointStoreTest, AfterRemovingThereIsNothing) {
  CheckpointStore store(directory_);
  ASSERT_TRUE(store.save(checkpoint("first")));
  ASSERT_TRUE(store.save(checkpoint("second")));
  EXPECT_TRUE(store.remove());
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
  EXPECT_TRUE(store.remove());
}

TEST_F(CheckpointStoreTest, WhatCannotBeWrittenIsNamed) {
  CheckpointStore store(file("missing"));
  const auto saved = store.save(checkpoint("first"));
  ASSERT_FALSE(saved);
  EXPECT_EQ(saved.error().message, "open " + file("missing/checkpoint.json.new") + ": ENOENT");
}

}  // namespace
}  // namespace fairlead::agent
