#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/reconcile/reflector.h"

// Builders for the tests of the reflector's machine.
namespace fairlead::reconcile {

using Actions = std::vector<ReflectorAction>;

inline const TimePoint t0{Seconds(1000)};

inline ListDone done(const std::string& version) { return {ListHead{"VirtualIPList", version, ""}}; }
// Whether the server has got as far as that version.
inline SendCheck check_from(const std::string& version) {
  return {"resourceVersion=" + version + "&resourceVersionMatch=NotOlderThan&fieldSelector=metadata.name%3D-",
          Seconds(30)};
}

// A machine with its clock, of a server that has refused the watch-list. Random numbers are 0 unless said
// otherwise: waits are not stretched, watches last 300 s.
struct Machine {
  Machine() { state.watch_list_refused = true; }

  ReflectorConfig config{"VirtualIP", ""};
  ReflectorState state{};
  TimePoint now = t0;
  double random = 0;

  Actions step(ReflectorEvent event) {
    return reconcile::step(config, state, std::move(event), {now, random});
  }
  Actions after(Microseconds time, ReflectorEvent event) {
    now += time;
    return step(std::move(event));
  }
  // The wait is over, and the check that comes first is answered well.
  Actions resume(Microseconds wait) {
    EXPECT_EQ(after(wait, TimePassed{}), (Actions{check_from(state.resource_version)}));
    return step(done(state.resource_version));
  }
};

inline ListDone page(const std::string& version, const std::string& token) {
  return {ListHead{"VirtualIPList", version, token}};
}

inline std::string object(const std::string& name, const std::string& version) {
  return R"({"kind":"VirtualIP","metadata":{"name":")" + name + R"(","resourceVersion":")" + version +
         R"("}})";
}
inline WatchLine line(const std::string& type, const std::string& object) {
  return {R"({"type":")" + type + R"(","object":)" + object + "}"};
}
inline WatchLine error_line(const std::string& status) {
  return line("ERROR", R"({"kind":"Status",)" + status + "}");
}

inline WatchLine end_of_initial_events(const std::string& version) {
  return line("BOOKMARK", R"({"kind":"VirtualIP","metadata":{"resourceVersion":")" + version +
                              R"(","annotations":{"k8s.io/initial-events-end":"true"}}})");
}

inline const CountError kNoJson{"decode", "a line of the watch is no JSON object"};

inline Failed refused(int http_status) {
  Failed failed;
  failed.http_status = http_status;
  failed.status.code = http_status;
  return failed;
}
inline Failed lost(const std::string& cause) {
  Failed failed;
  failed.cause = cause;
  return failed;
}

inline const SendList kFirstList{"limit=500", Seconds(30)};
inline SendList relist_from(const std::string& version) {
  return {"resourceVersion=" + version + "&resourceVersionMatch=NotOlderThan", Seconds(30)};
}
inline SendWatch watch_from(const std::string& version) {
  return {"watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=" + version, Seconds(330),
          Seconds(30), false};
}
// A watch-list that leaves the version unset, and one from the last version seen.
inline const SendWatch kFirstWatchList{
    "watch=true&allowWatchBookmarks=true&timeoutSeconds=300&sendInitialEvents=true"
    "&resourceVersionMatch=NotOlderThan",
    Seconds(330), Seconds(60), true};
inline SendWatch watch_list_from(const std::string& version) {
  auto out = kFirstWatchList;
  out.query += "&resourceVersion=" + version;
  return out;
}

// Started, and an empty list of this version taken: watching.
inline Machine watching_from(const std::string& version) {
  Machine machine;
  machine.step(Started{});
  machine.step(done(version));
  return machine;
}

}  // namespace fairlead::reconcile
