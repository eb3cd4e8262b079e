// forwarder: the node's forwarding thread alone, in this network namespace. For tests in a kernel with IPVS
// that need neither an API server nor VRRP. Commands on standard input, one a line:
//   order SEQUENCE vip=A,A owned=KEY,KEY KEY/SCHEDULER=SERVER*WEIGHT,SERVER*WEIGHT ... direct=KEY,KEY
//   checked=KEY,KEY traffic=KEY;persistence=SECONDS;prefix=LENGTH;upper=N;lower=N;sh-port;mh-port ...
//     direct: by DirectRouting; checked: by TCP each second, 1 s of patience, one retry 1 s later
//     traffic: one-packet and drain=SECONDS are words of it, too
//   ranges=KEY;PREFIX;PREFIX ... pods=KEY;SERVER ...
//     ranges: who may connect; pods: these are gone once they are removed
//   held SEQUENCE A,A        what the vrrp thread would report
//   metrics                  all metrics, ended by a line "end of metrics"
// KEY is TCP/192.0.2.100/80. Prints a line for every report:
//   report sequence=1 ready=A programmed=KEY foreign= usable=KEY=2 healths=SERVER=Up,SERVER=Down
//   problems=Reason,Reason
// forwarder cleanup KEY...   `cleanup` of these keys and of the table, and what it removed; exit 1 if it
// failed.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>

#include "lib/base/text.h"
#include "lib/sys/log.h"
#include "node/agent/forwarding.h"
#include "node/agent/forwarding_cleanup.h"

using namespace fairlead;

namespace {

// Wrong commands end the program: the script's fault.
template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "forwarder: %s\n", result.error().message.c_str());
  std::exit(2);
}

std::vector<std::string> words_of(const std::string& text, char separator) {
  std::vector<std::string> words;
  for (const std::string& word : split(text, separator)) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

plan::VirtualServerKey key_of(const std::string& text) {
  const auto parts = split(text, '/');
  return {must(net::parse_address(parts.at(1))), must(net::parse_protocol(parts.at(0))),
          must(net::make_port(std::stoi(parts.at(2))))};
}

std::string text_of(const plan::VirtualServerKey& key) {
  return std::string(net::to_string(key.protocol)) + "/" + net::to_string(key.address) + "/" +
         std::to_string(key.port.value());
}

std::set<plan::VirtualServerKey> keys_of(const std::string& text) {
  std::set<plan::VirtualServerKey> keys;
  for (const auto& word : words_of(text, ',')) keys.insert(key_of(word));
  return keys;
}

std::set<net::IpAddress> addresses_of(const std::string& text) {
  std::set<net::IpAddress> addresses;
  for (const auto& word : words_of(text, ',')) addresses.insert(must(net::parse_address(word)));
  return addresses;
}

void add_server(const std::string& word, agent::ForwardingOrder& order) {
  const auto equals = word.find('=');
  const auto slash = word.rfind('/', equals);
  plan::VirtualServerPlan server;
  server.scheduler = must(api::parse_scheduler(word.substr(slash + 1, equals - slash - 1)));
  for (const auto& real : words_of(word.substr(equals + 1), ',')) {
    const auto star = real.find('*');
    const auto weight = static_cast<std::uint16_t>(std::stoi(real.substr(star + 1)));
    server.reals.insert({must(net::parse_endpoint(real.substr(0, star))), {api::Weight{weight}}});
  }
  order.virtual_servers.insert({key_of(word.substr(0, slash)), server});
}

void check_server(plan::VirtualServerPlan& server) {
  api::HealthCheck check;
  check.interval = check.timeout = check.retry_delay = Seconds(1);
  check.retries = 1;
  server.checks = {check};
}

void set_traffic(const std::string& name, int value, api::Traffic& traffic) {
  if (name == "persistence")
    traffic.persistence = api::Persistence{Seconds(value), std::nullopt};
  else if (name == "prefix")
    traffic.persistence.value().prefix_length = value;
  else if (name == "upper")
    traffic.connection_limits.upper = value;
  else if (name == "lower")
    traffic.connection_limits.lower = value;
  else if (name == "sh-port")
    traffic.scheduler_flags.sh_port = true;
  else if (name == "mh-port")
    traffic.scheduler_flags.mh_port = true;
  else if (name == "one-packet")
    traffic.one_packet = true;
  else if (name == "drain")
    traffic.drain = Seconds(value);
  else
    must(Result<int>(fail(Code::kInvalid, "traffic " + name + " is not known")));
}

void add_traffic(const std::string& text, agent::ForwardingOrder& order) {
  const auto words = words_of(text, ';');
  api::Traffic& traffic = order.virtual_servers.at(key_of(words.at(0))).traffic;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const auto equals = words[i].find('=');
    const bool has_value = equals != std::string::npos;
    set_traffic(words[i].substr(0, equals), has_value ? std::stoi(words[i].substr(equals + 1)) : 0, traffic);
  }
}

void add_ranges(const std::string& text, agent::ForwardingOrder& order) {
  const auto words = words_of(text, ';');
  auto& ranges = order.virtual_servers.at(key_of(words.at(0))).traffic.source_ranges;
  for (std::size_t i = 1; i < words.size(); ++i) ranges.push_back(must(net::parse_prefix(words[i])));
}

void mark_pods(const std::string& text, agent::ForwardingOrder& order) {
  const auto words = words_of(text, ';');
  auto& reals = order.virtual_servers.at(key_of(words.at(0))).reals;
  for (std::size_t i = 1; i < words.size(); ++i) {
    reals.at(must(net::parse_endpoint(words[i]))).gone_once_removed = true;
  }
}

agent::ForwardingOrder order_of(std::istream& words) {
  agent::ForwardingOrder order;
  words >> order.sequence;
  for (std::string word; words >> word;) {
    if (word.starts_with("vip="))
      order.vips = addresses_of(word.substr(4));
    else if (word.starts_with("owned="))
      order.owned = keys_of(word.substr(6));
    else if (word.starts_with("direct="))
      for (const auto& key : keys_of(word.substr(7))) {
        order.virtual_servers.at(key).forwarding = api::Forwarding::kDirectRouting;
      }
    else if (word.starts_with("traffic="))
      add_traffic(word.substr(8), order);
    else if (word.starts_with("ranges="))
      add_ranges(word.substr(7), order);
    else if (word.starts_with("pods="))
      mark_pods(word.substr(5), order);
    else if (word.starts_with("checked="))
      for (const auto& key : keys_of(word.substr(8))) check_server(order.virtual_servers.at(key));
    else
      add_server(word, order);
  }
  return order;
}

template <class Range, class Text>
std::string list(const Range& range, const Text& text) {
  std::vector<std::string> words;
  for (const auto& one : range) words.push_back(text(one));
  return join(words, ",");
}

std::string healths_of(const agent::ForwardingReport& report) {
  std::map<std::string, std::string> words;
  for (const auto& [key, healths] : report.healths) {
    for (const auto& [endpoint, health] : healths) {
      words[net::to_string(endpoint)] = std::string(health::to_string(health.verdict));
    }
  }
  return list(words, [](const auto& one) { return one.first + "=" + one.second; });
}

void print(const agent::ForwardingReport& report) {
  const auto address = [](const net::IpAddress& one) { return net::to_string(one); };
  std::printf("report sequence=%llu ready=%s programmed=%s foreign=%s usable=%s healths=%s problems=%s\n",
              static_cast<unsigned long long>(report.sequence), list(report.ready, address).c_str(),
              list(report.programmed, text_of).c_str(), list(report.foreign, text_of).c_str(),
              list(report.usable_reals,
                   [](const auto& one) { return text_of(one.first) + "=" + std::to_string(one.second); })
                  .c_str(),
              healths_of(report).c_str(),
              list(report.problems, [](const auto& one) { return one.reason; }).c_str());
  std::fflush(stdout);
}

int clean(int count, char** keys) {
  std::set<plan::VirtualServerKey> owned;
  for (int i = 0; i < count; ++i) owned.insert(key_of(keys[i]));
  const auto cleaned =
      agent::cleanup_forwarding(owned, agent::open_forwarding_ports(agent::FinerFence::kOff, {}));
  if (!cleaned) {
    std::printf("error %s\n", cleaned.error().message.c_str());
    return 1;
  }
  std::printf("cleaned services=%s guard=%d\n", list(cleaned->services, text_of).c_str(),
              cleaned->guard ? 1 : 0);
  return 0;
}

void carry_out(std::istream& words, agent::ForwardingAgent& forwarding, const sys::Metrics& metrics) {
  std::string command;
  words >> command;
  if (command == "order") forwarding.order(order_of(words));
  if (command == "metrics") std::printf("%send of metrics\n", metrics.render().c_str());
  if (command == "held") {
    agent::VrrpReport report;
    std::string held;
    words >> report.sequence >> held;
    report.held = addresses_of(held);
    forwarding.held(report);
  }
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "cleanup") return clean(argc - 2, argv + 2);
  sys::start_log(sys::LogLevel::kInfo, sys::LogFormat::kText);
  sys::Loop loop;
  sys::Metrics metrics;
  auto ports = agent::open_forwarding_ports(agent::FinerFence::kOn, [] { return Microseconds(0); });
  ports.prober = probe::open_prober(loop);
  agent::ForwardingAgent forwarding(loop, metrics, std::move(ports), print);
  // Whole commands come to the loop, as from the node's other threads: it may be busy for half a second at a
  // time, and an order of thousands of servers is longer than what a pipe holds.
  std::thread reader([&] {
    for (std::string line; std::getline(std::cin, line);) {
      loop.post([line, &forwarding, &metrics] {
        std::istringstream words(line);
        carry_out(words, forwarding, metrics);
      });
    }
    loop.post([&] { loop.stop(); });
  });
  loop.run();
  reader.join();
  sys::stop_log();
  return 0;
}
