#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/sys/folder_watch.h"
#include "lib/sys/loop.h"
#include "lib/sys/metrics.h"
#include "node/agent/manifest_reading.h"
#include "node/plan/manifests.h"

namespace fairlead::agent {

// The folder of static manifests (--static): what its files say and which version of each is in force. A
// file is looked at once nobody has it open for writing and it has been left alone for 0.2 s, and likewise
// one that is gone; the folder itself being unreadable takes nothing away. One that is not ready for 5 s is
// told, and goes on as it was. Beside the kernel's word that something has changed it looks by itself every 5
// s.
//
// A look costs a few system calls a file, a changed file the time to read it, a second or more a MiB: on the
// loop's thread, where nobody waits for adverts, and which has its turn after each 64 KiB. What several files
// say then comes into force at once. Logs what it takes and refuses, once each. Loop and metrics must outlive
// it.
class ManifestFolder {
 public:
  struct Outlets {
    std::function<void()> changed;
    std::function<void()> moved;  // a file was read, of perhaps many in one turn (start())
  };

  ManifestFolder(sys::Loop& loop, sys::Metrics& metrics, std::string path, std::string node, Outlets outlets);
  ManifestFolder(const ManifestFolder&) = delete;
  ManifestFolder& operator=(const ManifestFolder&) = delete;

  // Takes the files as they are now, then watches; `changed` is called for later changes only. `remembered`:
  // what was in force before this start, so that a file that is wrong by now, or being written, loses nothing
  // by it. Call once.
  void start(plan::ManifestFiles remembered);

  const plan::SettledManifests& settled() const { return settled_; }
  // Why the folder cannot be read; empty: it can.
  const std::string& problem() const { return problem_; }

 private:
  struct File {
    FileStamp stamp;
    TimePoint since;                     // the stamp is this one
    std::optional<TimePoint> unready{};  // since: neither this version nor one before it was ready to be read
    bool told = false;                   // that it is not ready
    bool taken = false;
    std::optional<TimePoint> gone{};  // not shown any more, since
  };
  enum class Pace { kAtOnce, kSettled };  // whether a file must have been left alone

  void look(Pace pace);
  // True if what is shown has changed; sets waiting_ if a file is not ready, unread_ if one is left for the
  // next turn.
  bool take_files(const std::map<std::string, FileStamp>& listed, Pace pace);
  bool take(const std::string& name, File& file, TimePoint now);
  // That the file is not ready, once that has lasted. True if what is shown has changed.
  bool tell_not_ready(const std::string& name, File& file, TimePoint now, const std::string& why);
  // The file cannot be used. True if that is new.
  bool show_problem(const std::string& name, const std::string& why);
  bool forget_missing(const std::map<std::string, FileStamp>& listed, Pace pace, TimePoint now);
  void settle();
  void watch();
  void look_again();

  sys::Loop& loop_;
  sys::Gauge& current_;
  sys::Gauge& refused_;
  std::string path_;
  std::string node_;
  Outlets outlets_;
  std::unique_ptr<sys::FolderWatch> watch_;
  sys::Timer timer_;
  bool waiting_ = false;        // for a file that is not ready
  bool unread_ = false;         // a file is ready and was left for the next turn
  bool gathering_ = false;      // something has changed: a look follows at once
  bool unsettled_ = false;      // what is shown has changed
  std::size_t read_bytes_ = 0;  // in this turn
  std::map<std::string, File> files_;
  std::map<std::string, plan::ReadManifest> shown_;
  plan::SettledManifests settled_;
  std::string problem_;
  std::vector<std::string> logged_;  // problems that were there last time
};

}  // namespace fairlead::agent
