#include "node/agent/manifest_folder.h"

#include <algorithm>
#include <set>
#include <utility>

#include "lib/sys/log.h"
#include "lib/sys/yaml.h"
#include "node/agent/manifest_state.h"

namespace fairlead::agent {
namespace {

constexpr Milliseconds kGather{20};      // of events that come together
constexpr Milliseconds kLeftAlone{200};  // a file is not being changed any more
constexpr Seconds kTooLong{5};           // not to be ready without our saying so
constexpr Seconds kLookEvery{5};
constexpr std::size_t kAtATurn = 65536;  // bytes, after which the loop has its turn

// Of one file.
plan::ReadManifest unusable(const std::string& name, std::string why) {
  return {std::nullopt, {{name, 0, "", {"", std::move(why)}}}};
}

plan::ReadManifest parse(const std::string& node, const std::string& name, const std::string& text) {
  auto read = sys::read_yaml(text);
  if (read.problems.empty()) {
    std::vector<plan::ManifestDocument> documents;
    for (auto& document : read.documents) {
      documents.push_back({std::move(document.json), std::move(document.lines)});
    }
    return plan::read_manifest(node, name, documents);
  }
  plan::ReadManifest out;
  for (auto& problem : read.problems) {
    out.problems.push_back({name, problem.line, "", {"", std::move(problem.message)}});
  }
  return out;
}

void log_taken(const plan::ManifestFiles& before, const plan::ManifestFiles& now) {
  for (const auto& [name, file] : now) {
    const auto old = before.find(name);
    if (old != before.end() && old->second == file) continue;
    sys::log(sys::LogLevel::kInfo, "static.taken",
             {{"file", name},
              {"groups", std::to_string(file.groups.size())},
              {"server_sets", std::to_string(file.sets.size())}});
  }
  for (const auto& [name, file] : before) {
    if (!now.contains(name)) sys::log(sys::LogLevel::kInfo, "static.gone", {{"file", name}});
  }
}

}  // namespace

ManifestFolder::ManifestFolder(sys::Loop& loop, sys::Metrics& metrics, std::string path, std::string node,
                               Outlets outlets)
    : loop_(loop),
      current_(metrics.gauge("fairlead_node_static_files", "Static manifests by what is in force of them",
                             {{"state", "current"}})),
      refused_(metrics.gauge("fairlead_node_static_files", "Static manifests by what is in force of them",
                             {{"state", "refused"}})),
      path_(std::move(path)),
      node_(std::move(node)),
      outlets_(std::move(outlets)),
      timer_(loop) {}

void ManifestFolder::start(plan::ManifestFiles remembered) {
  // In force until they can be looked at.
  for (const auto& [name, file] : remembered) {
    files_.insert({name, File{{}, sys::now()}});
    shown_.insert({name, {}});
  }
  settled_.in_force = std::move(remembered);
  watch();
  look(Pace::kAtOnce);
}

void ManifestFolder::watch() {
  if (watch_ && watch_->alive()) return;
  auto opened = sys::FolderWatch::open(loop_, path_, [this] {
    if (std::exchange(gathering_, true)) return;
    timer_.arm(sys::now() + kGather, [this] { look(Pace::kSettled); });
  });
  // Without it the look every 5 s is all there is; a folder that is not there is told by that.
  watch_ = opened ? std::move(*opened) : nullptr;
}

void ManifestFolder::look(Pace pace) {
  watch();
  waiting_ = false;
  unread_ = false;
  gathering_ = false;
  read_bytes_ = 0;
  const auto listed = list_manifests(path_);
  const bool first = pace == Pace::kAtOnce;
  const std::string problem = listed ? "" : listed.error().message;
  unsettled_ = unsettled_ || first || problem_ != problem;
  problem_ = problem;
  if (listed) unsettled_ = take_files(*listed, pace) || unsettled_;
  look_again();
  // Of what goes from one file to another nothing must be missing in between.
  if (unread_ || !std::exchange(unsettled_, false)) return;
  settle();
  if (!first) outlets_.changed();
}

void ManifestFolder::look_again() {
  const Microseconds pause = unread_    ? Microseconds(0)
                             : waiting_ ? Microseconds(kLeftAlone)
                                        : Microseconds(kLookEvery);
  timer_.arm(sys::now() + pause, [this] { look(Pace::kSettled); });
}

bool ManifestFolder::take_files(const std::map<std::string, FileStamp>& listed, Pace pace) {
  const TimePoint now = sys::now();
  bool changed = forget_missing(listed, pace, now);
  for (const auto& [name, stamp] : listed) {
    File& file = files_.insert({name, File{stamp, now, now}}).first->second;
    file.gone.reset();
    if (!(file.stamp == stamp)) file = File{stamp, now, file.unready.value_or(now), file.told};
    if (file.taken) continue;
    if (pace == Pace::kSettled && now - file.since < kLeftAlone) {
      changed = tell_not_ready(name, file, now, "changes all the time: it is taken once it is left alone") ||
                changed;
    } else if (pace == Pace::kSettled && read_bytes_ >= kAtATurn) {
      unread_ = true;
      file.unready.reset();
    } else {
      changed = take(name, file, now) || changed;
    }
  }
  return changed;
}

bool ManifestFolder::take(const std::string& name, File& file, TimePoint now) {
  const auto text = read_manifest_text(path_ + "/" + name, file.stamp);
  if (!text && text.error().code == Code::kUnavailable) {
    return tell_not_ready(name, file, now, text.error().message);
  }
  file.unready.reset();
  file.told = false;
  if (text) {
    file.taken = true;
    shown_[name] = parse(node_, name, *text);
    read_bytes_ += text->size();
    outlets_.moved();
    return true;
  }
  // What is wrong with the file itself stays so until it is another; everything else may pass.
  file.taken = text.error().code == Code::kInvalid;
  return show_problem(name, text.error().message);
}

bool ManifestFolder::tell_not_ready(const std::string& name, File& file, TimePoint now,
                                    const std::string& why) {
  waiting_ = true;
  // Why it was so first: a file may be changed and open for writing by turns.
  if (!file.unready) file.unready = now;
  if (file.told || now - *file.unready < kTooLong) return false;
  file.told = true;
  return show_problem(name, why);
}

bool ManifestFolder::show_problem(const std::string& name, const std::string& why) {
  auto told = unusable(name, why);
  auto& shown = shown_[name];
  const bool news = shown.content || shown.problems != told.problems;
  shown = std::move(told);
  return news;
}

bool ManifestFolder::forget_missing(const std::map<std::string, FileStamp>& listed, Pace pace,
                                    TimePoint now) {
  bool changed = false;
  for (auto file = files_.begin(); file != files_.end();) {
    if (listed.contains(file->first)) {
      ++file;
      continue;
    }
    if (!file->second.gone) file->second.gone = now;
    if (pace == Pace::kSettled && now - *file->second.gone < kLeftAlone) {
      waiting_ = true;
      ++file;
      continue;
    }
    changed = shown_.erase(file->first) > 0 || changed;
    file = files_.erase(file);
  }
  return changed;
}

void ManifestFolder::settle() {
  auto next = plan::settle(node_, settled_.in_force, shown_);
  log_taken(settled_.in_force, next.in_force);
  settled_ = std::move(next);
  auto now = file_problems(settled_);
  if (!problem_.empty()) now.insert(now.begin(), problem_);
  const std::set<std::string> known(logged_.begin(), logged_.end());
  for (const auto& text : now) {
    if (known.contains(text)) continue;
    sys::log(sys::LogLevel::kWarning, "static.problem", {{"problem", text}});
  }
  logged_ = std::move(now);
  std::set<std::string> refused;
  for (const auto& problem : settled_.refusals) refused.insert(problem.file);
  const auto in_force = static_cast<std::size_t>(
      std::count_if(settled_.in_force.begin(), settled_.in_force.end(),
                    [&](const auto& file) { return !refused.contains(file.first); }));
  current_.set(static_cast<double>(in_force));
  refused_.set(static_cast<double>(refused.size()));
}

}  // namespace fairlead::agent
