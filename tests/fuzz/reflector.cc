// F-9: any sequence of what may happen to a list or watch, into the reflector's machine, beside a server that
// says the truth (reflector_server.h). No version 0 is asked for, no wait is longer than the longest
// back-off, nothing older replaces what is newer, failures alone never become a hot loop; and once the faults
// are over, the copy becomes the server's state.
//
// Input: a byte whose first bit says whether there are watch-lists; then commands, a byte each, and their
// operands.

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/utf8.h"
#include "lib/reconcile/json_scan.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/reflector_server.h"

namespace fairlead::reconcile {
namespace {

using fuzz::require;

constexpr int kMostAtOnce = 6;              // requests without a wait and without a success between them
constexpr Seconds kLongestWait{60 + 3600};  // the back-off stretched; or the Retry-After we give
constexpr int kEnoughToConverge = 3000;

class Copy {
 public:
  explicit Copy(TrueServer& server) : server_(server) {}

  void step(ReflectorEvent event, double random) {
    auto actions = reconcile::step(config_, state_, std::move(event), {now_, random});
    for (std::size_t at = 0; at < actions.size(); ++at) {
      const bool last = at + 1 == actions.size();
      const bool asks = std::visit([this](auto& action) { return take(action); }, actions[at]);
      require(!asks || last, "a request or a wait is the last of the actions");
    }
  }

  // Time passes: `wait`, or until what is waited for.
  void pass(Microseconds wait, double random) {
    now_ += wait;
    at_once_ = 0;
    if (waiting_) step(TimePassed{}, random);
  }
  void pass_to_deadline() {
    if (waiting_) pass(std::max<Microseconds>(*waiting_ - now_, Microseconds{0}), 0.5);
  }
  // Another kind has met another history; how often that may be is not for this machine to say.
  void ask_anew(double random) {
    at_once_ = 0;
    step(AskAnew{}, random);
  }
  bool waiting() const { return waiting_.has_value(); }
  const std::map<std::string, std::uint64_t>& objects() const { return objects_; }

 private:
  bool ask(bool watch, const std::string& query, Microseconds timeout) {
    require(("&" + query + "&").find("&resourceVersion=0&") == std::string::npos, "K-02: never version 0");
    require(timeout > Microseconds{0} && timeout <= Seconds(630), "K-12, K-34: every request has a deadline");
    if (query.find("continue=") == std::string::npos) require(++at_once_ <= kMostAtOnce, "no hot loop");
    waiting_.reset();
    server_.begin(watch, query);
    return true;
  }
  bool take(SendList& list) { return ask(false, list.query, list.timeout); }
  bool take(SendCheck& check) { return ask(false, check.query, check.timeout); }
  bool take(SendWatch& watch) {
    require(watch.query.find("allowWatchBookmarks=true") != std::string::npos,
            "K-10: bookmarks are asked for");
    require(watch.first_within <= Seconds(60), "K-34: nor does its beginning last for ever");
    return ask(true, watch.query, watch.timeout);
  }
  bool take(WaitUntil& until) {
    require(until.deadline <= now_ + kLongestWait, "K-18: no longer wait");
    waiting_ = until.deadline;
    return true;
  }
  bool take(Replace& all) {
    at_once_ = 0;
    bool whole = true;
    std::map<std::string, std::uint64_t> next;
    for (const auto& object : all.objects) {
      whole = !object.empty() && whole;
      if (!object.empty()) next[name_of(object)] = version_of(object);
    }
    if (!whole) next.insert(objects_.begin(), objects_.end());  // as Informer does
    objects_ = std::move(next);
    return false;
  }
  bool take(Upsert& one) {
    at_once_ = 0;
    const auto at = version_of(one.object);
    auto& held = objects_[name_of(one.object)];
    require(at > held, "nothing older replaces what is newer");
    held = at;
    return false;
  }
  bool take(Remove& one) {
    at_once_ = 0;
    objects_.erase(name_of(one.object));
    return false;
  }
  bool take(CountError& error) {
    require(!error.reason.empty() && error.reason.size() < 20, "a reason is a word");
    return false;
  }
  bool take(KindMissing&) { return false; }
  bool take(OtherHistory& other) {
    require(other.since <= now_, "FC-11: it began in the past");
    return false;
  }

  static std::string name_of(const std::string& object) { return string_at(object, {"metadata", "name"}); }
  static std::uint64_t version_of(const std::string& object) {
    return std::strtoull(string_at(object, {"metadata", "resourceVersion"}).c_str(), nullptr, 10);
  }

  TrueServer& server_;
  ReflectorConfig config_{"VirtualIP", ""};
  ReflectorState state_;
  TimePoint now_{Seconds(1000)};
  std::optional<TimePoint> waiting_;
  int at_once_ = 0;
  std::map<std::string, std::uint64_t> objects_;
};

// The server answers what it was asked, by one step. False: it has nothing to say.
bool answer(TrueServer& server, Copy& copy, double random) {
  if (copy.waiting()) return false;
  if (auto refused = server.refusal()) {
    copy.step(std::move(*refused), random);
    return true;
  }
  if (server.watching) {
    auto line = server.next();
    if (line) copy.step(std::move(*line), random);
    return line.has_value();
  }
  ListItems items;
  for (const auto& [name, at] : server.objects) items.items.push_back(TrueServer::document(name, at));
  copy.step(std::move(items), random);
  copy.step(ListDone{{"VirtualIPList", std::to_string(server.version), ""}}, random);
  return true;
}

Failed some_failure(std::uint8_t choice) {
  static constexpr int kStatuses[] = {400, 401, 403, 404, 409, 410, 422, 429, 500, 503, 504};
  static constexpr const char* kCauses[] = {"connect", "timeout",  "closed",
                                            "tls",     "protocol", "content_type"};
  if (choice % 2 == 0) {
    Failed out;
    out.cause = kCauses[choice / 2 % std::size(kCauses)];
    return out;
  }
  auto out = TrueServer::failed(kStatuses[choice / 2 % std::size(kStatuses)]);
  out.retry_after = Seconds(choice > 230 ? 3600 : choice % 4);
  out.status.resource_version_too_large = out.http_status == 504;
  return out;
}

void converge(TrueServer& server, Copy& copy) {
  for (int at = 0; at < kEnoughToConverge; ++at) {
    if (answer(server, copy, 0.5)) continue;
    if (copy.waiting()) {
      copy.pass_to_deadline();
    } else if (copy.objects() == server.objects) {
      return;
    } else {
      copy.step(TrueServer::failed(410), 0.5);  // what was left out for junk comes with the next whole state
    }
  }
  require(copy.objects() == server.objects, "without faults the copy becomes the server's state");
}

void command(fuzz::Input& in, TrueServer& server, Copy& copy) {
  const auto what = in.byte();
  const double random = static_cast<double>(what >> 4) / 16;
  const std::string name = "n" + std::to_string(what >> 5);
  switch (what & 15) {
    case 0:
    case 1:
    case 2:
      answer(server, copy, random);
      return;
    case 3:
    case 4:
      return server.put(name);
    case 5:
      return server.remove(name);
    case 6:
      return server.forget();
    case 7:
      return copy.step(some_failure(in.byte()), random);
    case 8:
      return copy.pass(Milliseconds(in.word()), random);
    case 9:
      return copy.pass_to_deadline();
    case 10:
      if (server.watching && !server.refusal()) copy.step(WatchEnded{}, random);
      return;
    case 11: {  // junk
      const auto bytes = in.bytes(in.byte());
      const std::string text(bytes.begin(), bytes.end());
      if (decode_watch_line(valid_utf8(text))) return;  // a lie: this server tells none
      return copy.step(WatchLine{text}, random);
    }
    case 12:
      if (server.watching && !copy.waiting() && !server.refusal()) copy.step(server.bookmark(), random);
      return;
    case 13:
      return copy.step(TrueServer::line("ADDED", R"({"kind":"Table","metadata":{"resourceVersion":"1"}})"),
                       random);
    case 14:
      return (what & 16) != 0 ? copy.ask_anew(random) : copy.step(Started{}, random);
    default:
      return copy.step(ListDone{{"Table", "1", ""}}, random);
  }
}

void run(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  TrueServer server;
  server.watch_lists = (in.byte() & 1) != 0;
  Copy copy(server);
  copy.step(Started{}, 0);
  while (!in.empty()) command(in, server, copy);
  converge(server, copy);
}

}  // namespace
}  // namespace fairlead::reconcile

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1000) fairlead::reconcile::run(data, size);
  return 0;
}
