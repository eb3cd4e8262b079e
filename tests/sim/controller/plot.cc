#include "sim/controller/plot.h"

#include <algorithm>
#include <utility>

#include "sim/controller/stories.h"
#include "sim/lines.h"
#include "sim/random.h"

namespace fairlead::sim::cluster {
namespace {

using enum EventKind;

struct Word {
  EventKind kind;
  std::string_view text;
  int weight;          // how often it is drawn
  Milliseconds least;  // of its length
  Milliseconds most;
  int amount;  // 0..
};

constexpr Milliseconds kNo{0};
constexpr Word kWords[] = {
    {kVirtualIPNew, "virtual-ip-new", 14, kNo, kNo, 23},
    {kVirtualIPGone, "virtual-ip-gone", 10, kNo, kNo, 0},
    {kVirtualIPPorts, "virtual-ip-ports", 3, kNo, kNo, 3},
    {kServiceNew, "service-new", 6, kNo, kNo, 23},
    {kServiceGone, "service-gone", 6, kNo, kNo, 0},
    {kServiceFlips, "service-flips", 4, Milliseconds(50), Milliseconds(8000), 0},
    {kServiceAddress, "service-address", 4, kNo, kNo, 23},
    {kEndpoints, "endpoints", 5, kNo, kNo, 3},
    {kPoolLess, "pool-less", 2, Milliseconds(1000), Milliseconds(15000), 0},
    {kPoolGone, "pool-gone", 2, Milliseconds(1000), Milliseconds(15000), 0},
    {kCordon, "cordon", 3, Milliseconds(1000), Milliseconds(20000), 0},
    {kExclude, "exclude", 3, Milliseconds(1000), Milliseconds(20000), 0},
    {kZone, "zone", 2, kNo, kNo, 1},
    {kMachineCrash, "machine-crash", 5, Milliseconds(200), Milliseconds(20000), 1},
    {kMachineFreeze, "machine-freeze", 5, Milliseconds(200), Milliseconds(25000), 0},
    {kMachineCut, "machine-cut", 5, Milliseconds(200), Milliseconds(25000), 0},
    {kMachineGone, "machine-gone", 4, Milliseconds(100), Milliseconds(20000), 1},
    {kReportStops, "report-stops", 1, Milliseconds(1000), Milliseconds(20000), 0},
    {kCrash, "crash", 10, Milliseconds(10), Milliseconds(3000), 12},
    {kFreeze, "freeze", 5, Milliseconds(100), Milliseconds(20000), 0},
    {kTwoLeaders, "two-leaders", 6, Milliseconds(200), Milliseconds(15000), 0},
    {kTakeOver, "take-over", 6, Milliseconds(500), Milliseconds(15000), 0},
    {kLag, "lag", 9, Milliseconds(200), Milliseconds(12000), 0},
    {kOldList, "old-list", 5, Milliseconds(200), Milliseconds(8000), 25},
    {kErrors, "errors", 3, Milliseconds(500), Milliseconds(10000), 600},
    {kLost, "lost", 4, Milliseconds(500), Milliseconds(10000), 600},
    {kBusy, "busy", 2, Milliseconds(500), Milliseconds(10000), 600},
    {kSlow, "slow", 0, Milliseconds(300), Milliseconds(2000), 900},  // in stories alone
    {kForbidden, "forbidden", 3, Milliseconds(500), Milliseconds(15000), 0},
    {kRestore, "restore", 1, Milliseconds(500), Milliseconds(15000), 0},
    {kPoisonVirtualIP, "poison-virtual-ip", 2, kNo, kNo, 4},
    {kPoisonService, "poison-service", 2, kNo, kNo, 3},
    {kPoisonPool, "poison-pool", 1, kNo, kNo, 2},
    {kTurnsUnreadable, "turns-unreadable", 2, Milliseconds(500), Milliseconds(10000), 0},
};
constexpr Milliseconds kFirst{1500};  // most plots begin with a cluster that has settled somewhat
constexpr Milliseconds kLast{25000};
constexpr Milliseconds kCrowd{700};

Event drawn(Random& random) {
  int sum = 0;
  for (const Word& word : kWords) sum += word.weight;
  int left = random.number(0, sum - 1);
  const Word* word = kWords;
  while (left >= word->weight) left -= (word++)->weight;
  Event out;
  out.kind = word->kind;
  out.at = Milliseconds(random.between(kFirst.count(), kLast.count()));
  out.length = Milliseconds(random.between(word->least.count(), word->most.count()));
  out.target = random.number(0, 59);
  out.amount = random.number(0, word->amount);
  return out;
}

// Everything comes within moments, and leaders change there, too: each finds the others' work half done.
void crowd(Random& random, std::vector<Event>& events) {
  const Milliseconds moments[] = {Milliseconds(random.between(kFirst.count(), kLast.count() / 2)),
                                  Milliseconds(random.between(kLast.count() / 2, kLast.count()))};
  for (const Milliseconds moment : moments) {
    const EventKind kind = random.permille(500) ? kTakeOver : kTwoLeaders;
    const Milliseconds length(random.between(200, 4000));
    events.push_back({kind, moment, length, random.number(0, 59), 0});
  }
  for (Event& event : events)
    event.at = moments[random.number(0, 1)] + Milliseconds(random.between(0, kCrowd.count()));
}

std::string read_line(const std::string& what, Line& line, Plot& out) {
  if (what == "cluster") {
    out.noise = static_cast<std::uint64_t>(line.number("noise", 0, kMostNoise));
    out.machines = line.small("machines", 1, kMostMachines);
    out.virtual_ips = line.small("virtual-ips", 0, kMostVirtualIPs);
    out.services = line.small("services", 0, kMostServices);
    return "";
  }
  const auto kind = parse_event_kind(what);
  if (!kind) return kind.error().message;
  Event event;
  event.kind = *kind;
  event.at = line.time("at");
  event.length = line.time("length");
  event.target = line.small("target", 0, 1000);
  event.amount = line.small("amount", 0, 1000);
  out.events.push_back(event);
  return "";
}

}  // namespace

std::string_view to_string(EventKind kind) {
  for (const Word& word : kWords) {
    if (word.kind == kind) return word.text;
  }
  return "unknown";
}

Result<EventKind> parse_event_kind(std::string_view text) {
  for (const Word& word : kWords) {
    if (word.text == text) return word.kind;
  }
  return fail(Code::kInvalid, std::string(text) + ": no such event");
}

Plot draw(std::uint64_t seed) {
  Random random(seed);
  Plot out;
  out.noise = static_cast<std::uint64_t>(random.between(1, 1000000000));
  out.machines = random.number(2, kMostMachines);
  out.virtual_ips = random.number(0, kMostVirtualIPs - 1);
  out.services = random.number(0, kMostServices - 1);
  const int events = random.number(3, 14);
  for (int i = 0; i < events; ++i) out.events.push_back(drawn(random));
  if (random.permille(500)) crowd(random, out.events);
  if (random.permille(300)) tell_story(random, out.events);
  std::stable_sort(out.events.begin(), out.events.end(),
                   [](const auto& a, const auto& b) { return a.at < b.at; });
  return out;
}

Milliseconds end_of(const Plot& plot) {
  Milliseconds out{0};
  for (const auto& event : plot.events) {
    const bool waits = event.kind != EventKind::kRestore;
    out = std::max(out, event.at + (waits ? event.length : Milliseconds(10000)));
  }
  return out;
}

std::string to_text(const Plot& plot) {
  std::string out = "cluster noise=" + std::to_string(plot.noise) +
                    " machines=" + std::to_string(plot.machines) +
                    " virtual-ips=" + std::to_string(plot.virtual_ips) +
                    " services=" + std::to_string(plot.services) + "\n";
  for (const Event& event : plot.events) {
    out += std::string(to_string(event.kind)) + " at=" + std::to_string(event.at.count()) +
           " length=" + std::to_string(event.length.count()) + " target=" + std::to_string(event.target) +
           " amount=" + std::to_string(event.amount) + "\n";
  }
  return out;
}

Result<Plot> parse_plot(std::string_view text) {
  Plot out;
  const auto read =
      read_lines(text, [&out](const std::string& what, Line& line) { return read_line(what, line, out); });
  if (!read) return read.error();
  return out;
}

namespace {

std::vector<Plot> without_an_event(const Plot& from) {
  std::vector<Plot> out;
  for (std::size_t i = 0; i < from.events.size(); ++i) {
    out.push_back(from);
    out.back().events.erase(out.back().events.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return out;
}

std::vector<Plot> smaller_cluster(const Plot& from) {
  std::vector<Plot> out;
  const auto less = [&](int Plot::*number, int least) {
    if (from.*number <= least) return;
    out.push_back(from);
    --(out.back().*number);
  };
  less(&Plot::machines, 1);
  less(&Plot::virtual_ips, 0);
  less(&Plot::services, 0);
  return out;
}

std::vector<Plot> shorter(const Plot& from) {
  std::vector<Plot> out;
  for (std::size_t i = 0; i < from.events.size(); ++i) {
    if (from.events[i].length < Milliseconds(100)) continue;
    out.push_back(from);
    out.back().events[i].length /= 2;
  }
  return out;
}

}  // namespace

Plot shrink(Plot plot, const std::function<bool(const Plot&)>& fails) {
  int left = 300;
  for (bool again = true; again && left > 0;) {
    again = false;
    for (const auto& ways : {without_an_event, smaller_cluster, shorter}) {
      for (bool found = true; found && left > 0;) {
        found = false;
        for (Plot& next : ways(plot)) {
          if (--left < 0) break;
          if (!fails(next)) continue;
          plot = std::move(next);
          found = again = true;
          break;
        }
      }
    }
  }
  return plot;
}

}  // namespace fairlead::sim::cluster
