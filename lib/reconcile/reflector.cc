#include "lib/reconcile/reflector.h"

#include <algorithm>
#include <utility>

#include "lib/base/overloaded.h"

namespace fairlead::reconcile {
namespace {

using Actions = std::vector<ReflectorAction>;

constexpr Seconds kListTimeout(30);         // K-34
constexpr Seconds kShortestWatch(300);      // K-12
constexpr Seconds kWatchSpread(300);        // K-12: 300..600
constexpr Seconds kOwnDeadlineLater(30);    // K-12
constexpr Seconds kTooShort(1);             // K-07
constexpr Seconds kReconnectSpread(1);      // K-39
constexpr int kRefusedWatchesToRelist = 5;  // then the resourceVersion itself is under suspicion

Microseconds share(Microseconds whole, double random) {
  return Microseconds(static_cast<std::int64_t>(static_cast<double>(whole.count()) * random));
}

std::string with_selector(const ReflectorConfig& config, std::string query) {
  if (config.selector.empty()) return query;
  if (!query.empty()) query += "&";
  return query + "labelSelector=" + escape_query(config.selector);
}

ReflectorAction wait_to_list(ReflectorState& state, TimePoint until, ListFrom from) {
  state.phase = WaitingToList{until, from};
  return WaitUntil{until};
}

ReflectorAction wait_to_watch(ReflectorState& state, TimePoint until) {
  state.phase = WaitingToWatch{until};
  return WaitUntil{until};
}

ReflectorAction start_list(const ReflectorConfig& config, ReflectorState& state, ListFrom from) {
  std::string query;
  if (from == ListFrom::kNewest) query = "limit=500";
  if (from == ListFrom::kLast) {
    query = "resourceVersion=" + escape_query(state.resource_version) + "&resourceVersionMatch=NotOlderThan";
  }
  state.phase = Listing{from, {}, "", 1};
  return SendList{with_selector(config, std::move(query)), kListTimeout};
}

ReflectorAction start_watch(const ReflectorConfig& config, ReflectorState& state, const Moment& at) {
  const auto timeout = kShortestWatch + std::chrono::duration_cast<Seconds>(share(kWatchSpread, at.random));
  state.phase = Watching{at.now, timeout, false};
  const auto query = "watch=true&allowWatchBookmarks=true&timeoutSeconds=" + std::to_string(timeout.count()) +
                     "&resourceVersion=" + escape_query(state.resource_version);
  return SendWatch{with_selector(config, query), timeout + kOwnDeadlineLater};
}

// K-40.
Actions kind_is_missing(ReflectorState& state, const Moment& at) {
  Actions out{CountError{"not_found"}};
  if (!std::exchange(state.kind_missing, true)) out.emplace_back(KindMissing{});
  const auto until = at.now + state.missing_backoff.after_failure(at.now, at.random);
  state.resource_version.clear();
  out.emplace_back(wait_to_list(state, until, ListFrom::kNewest));
  return out;
}

std::string reason_of(const Failed& failed) {
  if (failed.http_status == 0) return failed.cause;
  if (says_gone(failed.status) || failed.http_status == 410) return "gone";
  if (says_too_large(failed.status)) return "version_too_large";
  switch (failed.http_status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 429:
      return "throttled";
    default:
      return failed.http_status >= 500 ? "server_error" : "refused";
  }
}

bool version_is_no_good(const Failed& failed) {
  return failed.http_status == 410 || says_gone(failed.status) || says_too_large(failed.status);
}

TimePoint retry_time(ReflectorState& state, const Failed& failed, const Moment& at) {
  return at.now + std::max(state.backoff.after_failure(at.now, at.random), failed.retry_after);
}

Actions list_failed(const ReflectorConfig& config, ReflectorState& state, const Failed& failed,
                    const Moment& at) {
  const auto listing = std::get<Listing>(state.phase);
  if (failed.http_status == 404) return kind_is_missing(state, at);
  Actions out{CountError{reason_of(failed)}};
  auto from = listing.from;
  if (version_is_no_good(failed) && (listing.page > 1 || from == ListFrom::kLast)) {
    // K-11: the continue token expired; K-04, K-05: the last version is no good either.
    from = listing.page > 1 ? ListFrom::kNewestWhole : ListFrom::kNewest;
    out.emplace_back(start_list(config, state, from));
    return out;
  }
  out.emplace_back(wait_to_list(state, retry_time(state, failed, at), from));
  return out;
}

Actions watch_failed(const ReflectorConfig& config, ReflectorState& state, const Failed& failed,
                     const Moment& at) {
  if (failed.http_status == 404) return kind_is_missing(state, at);
  Actions out{CountError{reason_of(failed)}};
  if (version_is_no_good(failed)) {
    const auto& watching = std::get<Watching>(state.phase);
    if (watching.brought || state.refused_watches == 0) {
      state.refused_watches = 1;
      out.emplace_back(start_list(config, state, ListFrom::kLast));
    } else {  // the list of a moment ago gave a version that cannot be watched: no hot loop
      out.emplace_back(wait_to_list(state, retry_time(state, failed, at), ListFrom::kNewest));
    }
    return out;
  }
  const auto until = retry_time(state, failed, at);
  const bool is_refusal = failed.http_status == 400 || failed.http_status >= 500;
  if (is_refusal && ++state.refused_watches >= kRefusedWatchesToRelist) {
    state.refused_watches = 0;
    out.emplace_back(wait_to_list(state, until, ListFrom::kLast));
    return out;
  }
  out.emplace_back(wait_to_watch(state, until));  // K-06: no relist
  return out;
}

Actions on_list_done(const ReflectorConfig& config, ReflectorState& state, const ListDone& done,
                     const Moment& at) {
  auto& listing = std::get<Listing>(state.phase);
  if (done.head.kind != config.kind + "List") {  // K-17
    Actions out{CountError{"wrong_kind"}};
    const auto until = at.now + state.backoff.after_failure(at.now, at.random);
    out.emplace_back(wait_to_list(state, until, listing.from));
    return out;
  }
  if (listing.first_version.empty()) listing.first_version = done.head.resource_version;
  if (!done.head.continue_token.empty()) {
    ++listing.page;
    const auto query = "limit=500&continue=" + escape_query(done.head.continue_token);
    return {SendList{with_selector(config, query), kListTimeout}};
  }
  state.resource_version = listing.first_version;
  state.kind_missing = false;
  state.missing_backoff.reset();
  Actions out{Replace{std::move(listing.items)}};
  out.emplace_back(start_watch(config, state, at));
  return out;
}

Actions on_error_event(const ReflectorConfig& config, ReflectorState& state, const WatchEvent& event,
                       const Moment& at) {
  Failed failed;
  failed.status = read_status(event.object);
  failed.http_status = failed.status.code == 0 ? 500 : failed.status.code;
  failed.retry_after = Seconds(failed.status.retry_after_seconds);
  return watch_failed(config, state, failed, at);
}

Actions on_watch_line(const ReflectorConfig& config, ReflectorState& state, const WatchLine& line,
                      const Moment& at) {
  auto decoded = decode_watch_line(line.line);
  if (!decoded) return {CountError{"decode"}};  // K-17
  auto& event = *decoded;
  if (event.type == WatchEventType::kError) return on_error_event(config, state, event, at);
  std::get<Watching>(state.phase).brought = true;
  state.refused_watches = 0;
  if (event.kind != config.kind) return {CountError{"wrong_kind"}};
  if (!event.resource_version.empty() && !is_newer_version(state.resource_version, event.resource_version)) {
    state.resource_version = event.resource_version;
  }
  switch (event.type) {
    case WatchEventType::kAdded:
    case WatchEventType::kModified:
      return {Upsert{std::move(event.object)}};
    case WatchEventType::kDeleted:
      return {Remove{std::move(event.object)}};
    case WatchEventType::kBookmark:  // K-10: moves the version and nothing else
    case WatchEventType::kError:
      return {};
  }
  return {};
}

Actions on_watch_ended(const ReflectorConfig& config, ReflectorState& state, const Moment& at) {
  const auto watching = std::get<Watching>(state.phase);
  const auto lived = at.now - watching.since;
  if (lived < kTooShort && !watching.brought) {  // K-07
    Actions out{CountError{"short"}};
    out.emplace_back(wait_to_watch(state, at.now + state.backoff.after_failure(at.now, at.random)));
    return out;
  }
  state.refused_watches = 0;
  if (lived + kTooShort >= watching.server_timeout) return {start_watch(config, state, at)};
  // K-39: ended before its time, so probably with all others of a server that goes down.
  return {wait_to_watch(state, at.now + share(kReconnectSpread, at.random))};
}

Actions on_time_passed(const ReflectorConfig& config, ReflectorState& state, const Moment& at) {
  if (const auto* waiting = std::get_if<WaitingToList>(&state.phase)) {
    if (at.now < waiting->until) return {WaitUntil{waiting->until}};
    return {start_list(config, state, waiting->from)};
  }
  if (const auto* waiting = std::get_if<WaitingToWatch>(&state.phase)) {
    if (at.now < waiting->until) return {WaitUntil{waiting->until}};
    return {start_watch(config, state, at)};
  }
  return {};
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
            return {start_list(config, state, ListFrom::kNewest)};
          },
          [&](ListItems& page) -> Actions {
            if (listing != nullptr) {
              std::move(page.items.begin(), page.items.end(), std::back_inserter(listing->items));
            }
            return {};
          },
          [&](ListDone& done) { return listing ? on_list_done(config, state, done, at) : Actions{}; },
          [&](WatchLine& line) { return watching ? on_watch_line(config, state, line, at) : Actions{}; },
          [&](WatchEnded&) { return watching ? on_watch_ended(config, state, at) : Actions{}; },
          [&](Failed& failed) -> Actions {
            if (listing != nullptr) return list_failed(config, state, failed, at);
            if (watching) return watch_failed(config, state, failed, at);
            return {};
          },
          [&](TimePassed&) { return on_time_passed(config, state, at); },
      },
      event);
}

bool is_newer_version(const std::string& a, const std::string& b) {
  const auto is_decimal = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos &&
           (text.size() == 1 || text.front() != '0');
  };
  if (!is_decimal(a) || !is_decimal(b)) return false;
  return a.size() != b.size() ? a.size() > b.size() : a > b;
}

std::string escape_query(const std::string& text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

}  // namespace fairlead::reconcile
