#include "lib/reconcile/reflector.h"

#include <algorithm>
#include <utility>

#include "lib/base/overloaded.h"
#include "lib/base/utf8.h"
#include "lib/reconcile/reflector_failed.h"
#include "lib/reconcile/reflector_start.h"
#include "lib/reconcile/reflector_wait.h"
#include "lib/reconcile/resource_version.h"

namespace fairlead::reconcile {
namespace {

using Actions = std::vector<ReflectorAction>;

constexpr Seconds kTooShort(1);         // K-07
constexpr Seconds kReconnectSpread(1);  // K-39
constexpr int kMostPages = 1000;  // of one list; a server that always has one more would fill the memory

// The whole state has come.
Actions replace(ReflectorState& state, std::vector<std::string> objects, const std::string& version) {
  const bool first = state.resource_version.empty();
  state.resource_version = version;
  state.kind_missing = false;
  state.list_next = false;
  state.away_since.reset();
  state.missing_backoff.reset();
  Actions out{Replace{std::move(objects)}};
  const auto doubted = std::exchange(state.doubted_since, std::nullopt);
  if (doubted && !first) out.emplace_back(OtherHistory{*doubted});
  return out;
}

Actions on_check_done(const ReflectorConfig& config, ReflectorState& state, const ListDone& done,
                      const Moment& at) {
  if (done.head.kind != config.kind + "List") {  // K-17
    const auto until = at.now + state.backoff.after_failure(at.now, at.random);
    return {CountError{"wrong_kind", done.head.kind}, wait_to_watch(state, until, at)};
  }
  if (is_newer_version(state.resource_version, done.head.resource_version)) {
    if (!state.doubted_since) state.doubted_since = at.now;
    return {CountError{"version_too_large"}, start_anew(config, state, ListFrom::kNewest, at)};
  }
  if (in_doubt(state, at)) return {start_anew(config, state, ListFrom::kNewest, at)};
  return {start_watch(config, state, at)};
}

Actions on_list_done(const ReflectorConfig& config, ReflectorState& state, const ListDone& done,
                     const Moment& at) {
  auto& listing = std::get<Listing>(state.phase);
  if (done.head.kind != config.kind + "List") {  // K-17
    Actions out{CountError{"wrong_kind", done.head.kind}};
    const auto until = at.now + state.backoff.after_failure(at.now, at.random);
    out.emplace_back(wait_to_list(state, until, listing.from));
    return out;
  }
  if (listing.first_version.empty()) listing.first_version = done.head.resource_version;
  if (!done.head.continue_token.empty()) {
    if (++listing.page > kMostPages) {
      Failed failed;
      failed.cause = "too_large";
      return list_failed(config, state, failed, at);
    }
    return {next_page(config, done.head.continue_token)};
  }
  const auto version = listing.first_version;
  auto out = replace(state, std::move(listing.items), version);
  out.emplace_back(start_watch(config, state, at));
  return out;
}

// Bytes that are no UTF-8 become U+FFFD, as for Go's clients; the object counts, and so does its fault.
void mend(std::string& text, Actions& out) {
  if (is_utf8(text)) return;
  out.emplace_back(CountError{"not_utf8"});
  text = valid_utf8(text);
}

Actions on_list_items(Listing& listing, ListItems& page) {
  Actions out;
  for (auto& item : page.items) {
    mend(item, out);
    listing.items.push_back(std::move(item));
  }
  return out;
}

Actions on_error_event(const ReflectorConfig& config, ReflectorState& state, const WatchEvent& event,
                       const Moment& at) {
  Failed failed;
  failed.status = read_status(event.object);
  failed.http_status = failed.status.code == 0 ? 500 : failed.status.code;
  failed.retry_after = Seconds(failed.status.retry_after_seconds);
  if (!failed.status.message.empty()) {
    failed.said = std::to_string(failed.http_status) + " " + failed.status.message;
  }
  return watch_failed(config, state, failed, at);
}

// K-17: counted and skipped; but a stream of nothing else is as good as broken.
Actions on_unusable(const ReflectorConfig& config, ReflectorState& state, CountError error,
                    const Moment& at) {
  auto& watching = std::get<Watching>(state.phase);
  if (watching.initial) watching.initial->take_unusable();
  if (++watching.unusable < kMostUnusable) return {std::move(error)};
  Failed failed;
  failed.cause = std::move(error.reason);
  failed.said = std::move(error.said);
  return watch_failed(config, state, failed, at);
}

Actions on_initial_event(ReflectorState& state, WatchEvent event) {
  auto& watching = std::get<Watching>(state.phase);
  if (event.type != WatchEventType::kBookmark) {
    watching.initial->take(std::move(event));
    return {};
  }
  if (!event.initial_events_end) return {};  // K-09: only the last one moves the version
  auto objects = watching.initial->hand_over();
  watching.initial.reset();
  return replace(state, std::move(objects), event.resource_version);
}

// A line that is of use, after its faults.
Actions on_event(const ReflectorConfig& config, ReflectorState& state, WatchEvent event, const Moment& at) {
  if (event.type == WatchEventType::kError) return on_error_event(config, state, event, at);
  if (event.type == WatchEventType::kUnknown) return on_unusable(config, state, {"unknown_type"}, at);
  if (event.kind != config.kind) return on_unusable(config, state, {"wrong_kind", event.kind}, at);
  auto& watching = std::get<Watching>(state.phase);
  watching.unusable = 0;
  if (watching.initial) return on_initial_event(state, std::move(event));
  watching.brought = true;
  state.refused_watches = 0;
  if (!event.resource_version.empty() && !is_newer_version(state.resource_version, event.resource_version)) {
    state.resource_version = event.resource_version;
  }
  if (event.type == WatchEventType::kBookmark) return {};  // K-10: moves the version and nothing else
  if (event.type == WatchEventType::kDeleted) return {Remove{std::move(event.object)}};
  return {Upsert{std::move(event.object)}};
}

Actions on_watch_line(const ReflectorConfig& config, ReflectorState& state, WatchLine& line,
                      const Moment& at) {
  note_answer(state, at);
  Actions out;
  mend(line.line, out);
  auto event = decode_watch_line(line.line);
  auto more = event ? on_event(config, state, std::move(*event), at)
                    : on_unusable(config, state, {"decode", event.error().message}, at);
  std::move(more.begin(), more.end(), std::back_inserter(out));
  return out;
}

Actions on_dropped(const ReflectorConfig& config, ReflectorState& state, const Moment& at) {
  if (auto* listing = std::get_if<Listing>(&state.phase)) {
    listing->items.emplace_back();
    return {CountError{"too_large"}};
  }
  if (!std::holds_alternative<Watching>(state.phase)) return {};
  return on_unusable(config, state, {"too_large"}, at);
}

Actions on_watch_ended(const ReflectorConfig& config, ReflectorState& state, const Moment& at) {
  const auto& watching = std::get<Watching>(state.phase);
  if (watching.initial) {
    Failed failed;
    failed.cause = "cut_short";
    return watch_list_failed(config, state, failed, at);
  }
  const auto lived = at.now - watching.since;
  if (lived + kTooShort < watching.server_timeout) note_silence(state, at);
  if (lived < kTooShort && !watching.brought) {  // K-07
    Actions out{CountError{"short"}};
    out.emplace_back(wait_to_watch(state, at.now + state.backoff.after_failure(at.now, at.random), at));
    return out;
  }
  state.refused_watches = 0;
  if (lived + kTooShort >= watching.server_timeout) {
    state.away_since.reset();
    return {start_watch(config, state, at)};
  }
  // K-39: ended before its time, so probably with all others of a server that goes down.
  return {wait_to_watch(state, at.now + share(kReconnectSpread, at.random), at)};
}

Actions on_time_passed(const ReflectorConfig& config, ReflectorState& state, const Moment& at) {
  if (const auto* waiting = std::get_if<WaitingToList>(&state.phase)) {
    if (at.now < waiting->until) return {WaitUntil{waiting->until}};
    return {start_anew(config, state, waiting->from, at)};
  }
  if (const auto* waiting = std::get_if<WaitingToWatch>(&state.phase)) {
    if (at.now < waiting->until) return {WaitUntil{waiting->until}};
    if (away_too_long(state, at) || in_doubt(state, at)) {
      return {start_anew(config, state, ListFrom::kNewest, at)};
    }
    return {start_check(config, state)};
  }
  return {};
}

// What is on its way to the whole state goes on: it has asked after the silence, or finds out itself.
Actions on_ask_anew(const ReflectorConfig& config, ReflectorState& state, const Moment& at) {
  const auto* watching = std::get_if<Watching>(&state.phase);
  const bool has_it = (watching != nullptr && !watching->initial) ||
                      std::holds_alternative<WaitingToWatch>(state.phase) ||
                      std::holds_alternative<Checking>(state.phase);
  if (!has_it) return {};
  return {start_anew(config, state, ListFrom::kNewest, at)};
}

Actions on_done(const ReflectorConfig& config, ReflectorState& state, const ListDone& done,
                const Moment& at) {
  const bool checking = std::holds_alternative<Checking>(state.phase);
  if (!checking && !std::holds_alternative<Listing>(state.phase)) return {};
  note_answer(state, at);
  return checking ? on_check_done(config, state, done, at) : on_list_done(config, state, done, at);
}

Actions on_failed(const ReflectorConfig& config, ReflectorState& state, const Failed& failed,
                  const Moment& at) {
  const bool checking = std::holds_alternative<Checking>(state.phase);
  const bool watching = std::holds_alternative<Watching>(state.phase);
  if (!checking && !watching && !std::holds_alternative<Listing>(state.phase)) return {};
  note_failure(state, failed, at);
  if (checking) return check_failed(config, state, failed, at);
  return watching ? watch_failed(config, state, failed, at) : list_failed(config, state, failed, at);
}

}  // namespace

std::vector<ReflectorAction> step(const ReflectorConfig& config, ReflectorState& state, ReflectorEvent event,
                                  const Moment& at) {
  auto* listing = std::get_if<Listing>(&state.phase);
  const bool watching = std::holds_alternative<Watching>(state.phase);
  return std::visit(
      Overloaded{
          [&](Started&) -> Actions {
            if (!std::holds_alternative<Idle>(state.phase)) return {};
            return {start_anew(config, state, ListFrom::kNewest, at)};
          },
          [&](ListItems& page) { return listing ? on_list_items(*listing, page) : Actions{}; },
          [&](ListDone& done) { return on_done(config, state, done, at); },
          [&](WatchLine& line) { return watching ? on_watch_line(config, state, line, at) : Actions{}; },
          [&](Dropped&) { return on_dropped(config, state, at); },
          [&](WatchEnded&) { return watching ? on_watch_ended(config, state, at) : Actions{}; },
          [&](Failed& failed) { return on_failed(config, state, failed, at); },
          [&](TimePassed&) { return on_time_passed(config, state, at); },
          [&](AskAnew&) { return on_ask_anew(config, state, at); },
      },
      event);
}

}  // namespace fairlead::reconcile
