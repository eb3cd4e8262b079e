// bench_rounds SERVICES     the controller's rounds, from values to values, without an API server
//
// A Service of our class each, without an address, with two endpoints, all in one namespace; three nodes, one
// pool. One line for each round of a life, name=value, times in milliseconds of processor:
//     virtual_ips  the Services are new
//     claims       addresses are chosen
//     groups       addresses come into groups
//     reported     every member has reported
//     still        nothing changes
//     one_more     one Service more, until it is served
//     crowd        as many Services again
//     exhausted    and not an address for any of them
//     deleting     every VirtualIP is being deleted
//     released     every member has reported
//     sweep        every VirtualIP is gone
// Then of as many Services with externalTrafficPolicy Local in a cluster of 40 nodes, each with another three
// of these (up to 9880), so that no two share a group and virtual router IDs are soon used up:
//     local        addresses come into groups
//     local_still  nothing changes, and most are refused again
// decide: desired(), of which all of the allocation is a part; tell: statuses; write: the writes. resident
// and peak: memory of the process in MiB.
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "controller/plan/changes.h"
#include "controller/plan/desired.h"
#include "controller/plan/remember.h"
#include "controller/status/summary.h"
#include "tests/unit/controller/builders.h"

using namespace fairlead;
using namespace fairlead::controller;
using namespace fairlead::controller::testing;

namespace {

std::string name_of(int number) {
  char out[16];
  std::snprintf(out, sizeof out, "web-%05d", number);
  return out;
}

void add_endpoint(const std::string& address, const std::string& node, api::EndpointSlice& slice) {
  api::SliceEndpoint endpoint;
  endpoint.addresses = {address};
  endpoint.node_name = node;
  slice.endpoints.push_back(endpoint);
}

void add_service(Inputs& inputs, int number) {
  const std::string name = name_of(number);
  auto object = service(name, "");
  object.meta.creation_timestamp = WallTime(Seconds(number));
  object.cluster_ips = {"10.96." + std::to_string(number / 250) + "." + std::to_string(number % 250)};
  put(inputs.services, object);
  api::EndpointSlice slice;
  slice.meta = meta(name + "-x", "shop");
  slice.service_name = name;
  slice.address_type = "IPv4";
  slice.ports.push_back({"http", net::Port(8080), net::Protocol::kTcp});
  for (const char* host : {"10.1.0.7", "10.1.1.7"}) add_endpoint(host, "", slice);
  put(inputs.endpoint_slices, slice);
}

// Its endpoints on three nodes that no other one has together; after the 9880th they come again.
void make_local(Inputs& inputs, int number) {
  const std::string name = name_of(number);
  inputs.services.at({"shop", name}).external_traffic_local = true;
  auto& slice = inputs.endpoint_slices.at({"shop", name + "-x"});
  slice.endpoints.clear();
  int left = number % 9880;
  for (int a = 1; a <= 40; ++a) {
    for (int b = a + 1; b <= 40; ++b) {
      if (left >= 40 - b) {
        left -= 40 - b;
        continue;
      }
      for (const int node : {a, b, b + 1 + left}) {
        add_endpoint("10.1." + std::to_string(node) + ".7", "node-" + std::to_string(node), slice);
      }
      return;
    }
  }
}

// As many addresses are left in the pool as there are Services, and one.
Inputs cluster(int services, int nodes) {
  Inputs out;
  for (int host = 1; host <= nodes; ++host) {
    const std::string name = "node-" + std::to_string(host);
    put(out.nodes, node(name));
    put(out.node_reports, report(name, "eth0", "10.64.0." + std::to_string(host) + "/16"));
  }
  const int last = services + nodes + 1;  // .0 and so many are the network's and the nodes'
  put(out.pools, pool("public", "10.64.0." + std::to_string(nodes + 1) + "-10.64." +
                                    std::to_string(last / 256) + "." + std::to_string(last % 256)));
  for (int number = 0; number < services; ++number) add_service(out, number);
  out.now = TimePoint(Seconds(1000));
  return out;
}

double resident_mib() {
  long pages = 0;
  long resident = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr || std::fscanf(file, "%ld %ld", &pages, &resident) != 2) std::exit(1);
  std::fclose(file);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1048576.0;
}

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

// Of processor time, so that what else runs there counts little.
class Stopwatch {
 public:
  double lap() {
    const double now = spent();
    return now - std::exchange(since_, now);
  }

 private:
  static double spent() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  }

  double since_ = spent();
};

// What an API server would show once everything is written.
template <class T>
void take_over(const ByKey<T>& wanted, ByKey<T>& out) {
  out = wanted;
  for (auto& [key, object] : out) {
    if (object.meta.uid.empty()) object.meta.uid = "uid-" + key.name;
    if (object.meta.resource_version.empty()) object.meta.resource_version = "17";
  }
}

void carry_out(const Desired& wanted, const Statuses& statuses, Inputs& inputs) {
  for (const auto& [key, object] : wanted.of_services) put(inputs.virtual_ips, object);
  for (auto& [key, object] : inputs.virtual_ips) {
    if (object.meta.uid.empty()) object.meta.uid = "uid-" + key.name;
    if (object.meta.resource_version.empty()) object.meta.resource_version = "17";
    const auto* service = find(inputs.services, key);
    if (service != nullptr) object.meta.creation_timestamp = service->meta.creation_timestamp;
  }
  take_over(wanted.claims, inputs.claims);
  take_over(wanted.groups, inputs.groups);
  take_over(wanted.sets, inputs.sets);
  for (const auto& [key, status] : statuses.virtual_ips) inputs.virtual_ips.at(key).status = status;
  for (const auto& [key, status] : statuses.services) {
    inputs.services.at(key).ingress = status.ingress;
    inputs.services.at(key).conditions = status.conditions;
  }
  for (const auto& [key, status] : statuses.groups) {
    const auto there = inputs.groups.find(key);
    if (there == inputs.groups.end()) continue;
    auto members = std::move(there->second.status.members);
    there->second.status = status;
    there->second.status.members = std::move(members);
  }
  for (const auto& [key, status] : statuses.pools) inputs.pools.at(key).status = status;
  for (const auto& [key, released] : wanted.released) inputs.virtual_ips.at(key).meta.finalizers.clear();
}

// Of one round.
struct Costs {
  double decide = 0;
  double tell = 0;
  double write = 0;
  std::size_t writes = 0;
  std::size_t groups = 0;
  double resident = 0;
};

Costs turn(Inputs& inputs, ClaimsMemory& memory) {
  Costs out;
  Stopwatch watch;
  const Desired wanted = desired(inputs);
  out.decide = watch.lap();
  const Summary summary = summarize(inputs, wanted, memory, WallTime(Seconds(1000)));
  out.tell = watch.lap();
  out.writes = changes(inputs, wanted, summary.statuses).size();
  out.write = watch.lap();
  out.groups = wanted.groups.size();
  out.resident = resident_mib();
  inputs.memory = remember(inputs, wanted);
  memory = summary.memory;
  carry_out(wanted, summary.statuses, inputs);
  return out;
}

void round(const char* what, Inputs& inputs, ClaimsMemory& memory) {
  const Costs costs = turn(inputs, memory);
  std::printf("round=%s decide=%.1f tell=%.1f write=%.1f writes=%zu groups=%zu resident=%.0f peak=%.0f\n",
              what, costs.decide, costs.tell, costs.write, costs.writes, costs.groups, costs.resident,
              peak_mib());
  std::fflush(stdout);
}

void report_all(Inputs& inputs) {
  for (auto& [key, group] : inputs.groups) {
    group.status.members.clear();
    ++group.meta.generation;
    for (const auto& member : group.spec.members) {
      auto reported = entry(member.node, api::MemberState::kBackup);
      reported.observed_generation = group.meta.generation;
      group.status.members.push_back(reported);
    }
  }
}

void local_life(int services) {
  Inputs inputs = cluster(services, 40);
  for (int number = 0; number < services; ++number) make_local(inputs, number);
  ClaimsMemory memory;
  for (int i = 0; i < 2; ++i) turn(inputs, memory);  // VirtualIPs, and addresses
  round("local", inputs, memory);
  report_all(inputs);
  turn(inputs, memory);
  round("local_still", inputs, memory);
}

}  // namespace

int main(int argc, char** argv) {
  const int services = argc == 2 ? std::atoi(argv[1]) : 0;
  if (services < 1 || services > 30000) {
    std::fprintf(stderr, "usage: bench_rounds SERVICES (1 to 30000)\n");
    return 2;
  }
  Inputs inputs = cluster(services, 3);
  ClaimsMemory memory;
  round("virtual_ips", inputs, memory);
  round("claims", inputs, memory);
  round("groups", inputs, memory);
  report_all(inputs);
  round("reported", inputs, memory);
  round("still", inputs, memory);
  add_service(inputs, services);
  round("one_more", inputs, memory);
  for (int i = 0; i < 3; ++i) round("one_more", inputs, memory);
  Inputs crowded = inputs;
  for (int number = services + 1; number <= 2 * services; ++number) add_service(crowded, number);
  ClaimsMemory of_crowd = memory;
  round("crowd", crowded, of_crowd);
  round("exhausted", crowded, of_crowd);
  crowded = {};
  for (auto& [key, object] : inputs.virtual_ips) object.meta.deleting = true;
  inputs.services.clear();
  round("deleting", inputs, memory);
  report_all(inputs);
  round("released", inputs, memory);
  inputs.virtual_ips.clear();
  round("sweep", inputs, memory);
  inputs = {};
  local_life(services);
  return 0;
}
