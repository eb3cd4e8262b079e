// F-5: datagrams of any bytes as the kernel's answers about IPVS. What is read of them is what a naive reader
// reads, the verdict with it; what was read, written and read again is the same, and a plan finds nothing to
// change in a table that is as wanted.
//
// Input: a byte: 1, destinations of an IPv4 service; 2, of an IPv6 one; else services. Then datagrams, each
// behind its length in two bytes. The request has sequence number 1, and so has the batch.

#include <linux/genetlink.h>
#include <linux/ip_vs.h>
#include <linux/netlink.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/ipvs/changes.h"
#include "node/kernel/ipvs_message.h"
#include "node/kernel/kernel_error.h"
#include "node/kernel/netlink_answers.h"
#include "tests/fuzz/input.h"

namespace fairlead::kernel {
namespace {

using fuzz::require;

constexpr std::uint32_t kSequence = 1;
constexpr std::size_t kHeader = 16;

template <class T>
T number(const net::Bytes& bytes, std::size_t at) {
  T out = 0;
  if (at + sizeof out <= bytes.size()) std::memcpy(&out, bytes.data() + at, sizeof out);
  return out;
}

net::Bytes part(const net::Bytes& bytes, std::size_t from, std::size_t to) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(from), bytes.begin() + static_cast<std::ptrdiff_t>(to)};
}

std::size_t padded(std::size_t size) { return size % 4 == 0 ? size : size + 4 - size % 4; }

// The naive reader: how it ended, and the payloads of the replies before that.
enum class End { kMoreToCome, kGood, kBad };
struct NaiveAnswers {
  End end = End::kMoreToCome;
  bool interrupted = false;
  std::vector<net::Bytes> replies;

  void take(const net::Bytes& datagram) {
    std::size_t at = 0;
    while (end == End::kMoreToCome && at < datagram.size()) {
      const auto length = number<std::uint32_t>(datagram, at);
      if (datagram.size() - at < kHeader || length < kHeader || length > datagram.size() - at) {
        end = End::kBad;
        return;
      }
      message(part(datagram, at, at + length));
      at += padded(length);
    }
  }
  void message(const net::Bytes& one) {
    const auto type = number<std::uint16_t>(one, 4);
    if (number<std::uint32_t>(one, 8) != kSequence || type == NLMSG_NOOP) return;
    if ((number<std::uint16_t>(one, 6) & NLM_F_DUMP_INTR) != 0) interrupted = true;
    if (type == NLMSG_OVERRUN) {
      end = End::kBad;
    } else if (type == NLMSG_ERROR || type == NLMSG_DONE) {
      const bool fine = one.size() >= kHeader + 4 && number<std::int32_t>(one, kHeader) == 0 && !interrupted;
      end = fine ? End::kGood : End::kBad;
    } else {
      replies.push_back(part(one, kHeader, one.size()));
    }
  }
};

using Fields = std::map<int, net::Bytes>;

// The attributes from `at` on: of two that are the same, the first one counts.
void naive_attributes(const net::Bytes& bytes, std::size_t at,
                      const std::function<void(int, net::Bytes)>& take) {
  while (at + 4 <= bytes.size()) {
    const std::size_t length = number<std::uint16_t>(bytes, at);
    if (length < 4 || at + length > bytes.size()) return;
    take(number<std::uint16_t>(bytes, at + 2) & 0x3fff, part(bytes, at + 4, at + length));
    at += padded(length);
  }
}

Fields naive_fields(const net::Bytes& payload, int which) {
  Fields out;
  if (payload.size() < 4) return out;
  naive_attributes(payload, 4, [&](int type, const net::Bytes& nest) {
    if (type != which) return;
    naive_attributes(nest, 0, [&](int inner, const net::Bytes& value) { out.insert({inner, value}); });
  });
  return out;
}

std::uint32_t big(const net::Bytes& bytes, std::size_t size) {
  if (bytes.size() < size) return 0;
  std::uint32_t out = 0;
  for (std::size_t i = 0; i < size; ++i) out = out << 8 | bytes[i];
  return out;
}

std::string text(const net::Bytes& bytes) {
  std::string out(bytes.begin(), bytes.end());
  return out.substr(0, out.find('\0'));
}

std::optional<net::IpAddress> naive_address(const net::Bytes& bytes, int family) {
  const std::size_t size = family == 2 ? 4 : 16;
  if (bytes.size() < size) return std::nullopt;
  return net::IpAddress::from_bytes(part(bytes, 0, size));
}

std::optional<std::pair<ipvs::Key, ipvs::Service>> naive_service(const net::Bytes& payload) {
  Fields fields = naive_fields(payload, IPVS_CMD_ATTR_SERVICE);
  const int family = number<std::uint16_t>(fields[IPVS_SVC_ATTR_AF], 0);
  const int protocol = number<std::uint16_t>(fields[IPVS_SVC_ATTR_PROTOCOL], 0);
  const bool known = (family == 2 || family == 10) && (protocol == 6 || protocol == 17 || protocol == 132);
  const auto address = naive_address(fields[IPVS_SVC_ATTR_ADDR], family);
  if (fields.contains(IPVS_SVC_ATTR_FWMARK) || !known || !address) return std::nullopt;
  const auto port = static_cast<std::uint16_t>(big(fields[IPVS_SVC_ATTR_PORT], 2));
  ipvs::Service service;
  service.scheduler = text(fields[IPVS_SVC_ATTR_SCHED_NAME]);
  service.persistence_engine = text(fields[IPVS_SVC_ATTR_PE_NAME]);
  service.flags = ipvs::Flags(number<std::uint32_t>(fields[IPVS_SVC_ATTR_FLAGS], 0) & ~2U);
  service.persistence_timeout = Seconds(number<std::uint32_t>(fields[IPVS_SVC_ATTR_TIMEOUT], 0));
  const net::Bytes& mask = fields[IPVS_SVC_ATTR_NETMASK];
  service.netmask = ipvs::Netmask(family == 2 ? big(mask, 4) : number<std::uint32_t>(mask, 0));
  return std::pair{ipvs::Key{*address, static_cast<net::Protocol>(protocol), net::Port(port)}, service};
}

std::optional<std::pair<net::Endpoint, ipvs::SeenDestination>> naive_destination(const net::Bytes& payload,
                                                                                 int family) {
  Fields fields = naive_fields(payload, IPVS_CMD_ATTR_DEST);
  if (fields.contains(IPVS_DEST_ATTR_ADDR_FAMILY)) {
    const int told = number<std::uint16_t>(fields[IPVS_DEST_ATTR_ADDR_FAMILY], 0);
    if (told == 2 || told == 10) family = told;
  }
  const auto address = naive_address(fields[IPVS_DEST_ATTR_ADDR], family);
  if (!address) return std::nullopt;
  ipvs::SeenDestination seen;
  ipvs::Destination& out = seen.destination;
  out.method = static_cast<ipvs::Method>(number<std::uint32_t>(fields[IPVS_DEST_ATTR_FWD_METHOD], 0) & 7U);
  out.weight = ipvs::Weight(number<std::uint32_t>(fields[IPVS_DEST_ATTR_WEIGHT], 0));
  out.upper_threshold = number<std::uint32_t>(fields[IPVS_DEST_ATTR_U_THRESH], 0);
  out.lower_threshold = number<std::uint32_t>(fields[IPVS_DEST_ATTR_L_THRESH], 0);
  seen.connections.active = number<std::uint32_t>(fields[IPVS_DEST_ATTR_ACTIVE_CONNS], 0);
  seen.connections.inactive = number<std::uint32_t>(fields[IPVS_DEST_ATTR_INACT_CONNS], 0);
  seen.connections.persistent = number<std::uint32_t>(fields[IPVS_DEST_ATTR_PERSIST_CONNS], 0);
  const auto port = static_cast<std::uint16_t>(big(fields[IPVS_DEST_ATTR_PORT], 2));
  return std::pair{net::Endpoint{*address, net::Port(port)}, seen};
}

net::Bytes payload_of(const ipvs::Change& change) {
  GenlBatch batch;
  append_change(batch, 30, kSequence, change);
  return {batch.bytes().begin() + kHeader, batch.bytes().end()};
}

void check_service(const net::Bytes& payload, ipvs::Table& table) {
  const auto read = read_service(payload);
  require(read == naive_service(payload), "a service as a naive reader reads it");
  if (!read) return;
  require(read_service(payload_of(ipvs::AddService{read->first, read->second})) == read,
          "a service that is written is read as itself");
  table[read->first].service = read->second;
}

void check_destination(const net::Bytes& payload, int family, ipvs::Destinations& destinations) {
  const auto read = read_destination(payload, family == 2 ? net::Family::kIPv4 : net::Family::kIPv6);
  require(read == naive_destination(payload, family), "a destination as a naive reader reads it");
  if (!read) return;
  const ipvs::Key key{read->first.address, net::Protocol::kTcp, net::Port(80)};
  const ipvs::Destination& destination = read->second.destination;
  const auto again = read_destination(payload_of(ipvs::AddDestination{key, read->first, destination}),
                                      read->first.address.family());
  require(again && again->first == read->first && again->second.destination == destination,
          "a destination that is written is read as itself");
  require(again->second.connections == ipvs::Connections{}, "no connections are written");
  destinations.emplace(read->first, destination);
}

// No table needs a change to become itself, and none of it is somebody else's.
void check_plan(const ipvs::Table& table) {
  ipvs::Ownership whose;
  for (const auto& [key, entry] : table) whose.owned.insert(key);
  require(ipvs::changes(table, table, whose) == ipvs::Decision{}, "a table as wanted needs no change");
}

End end_of(const std::optional<Result<>>& verdict) {
  if (!verdict) return End::kMoreToCome;
  return *verdict ? End::kGood : End::kBad;
}

// A batch of one message: whether it is done, and how, by any datagrams.
void check_batch(const std::vector<net::Bytes>& datagrams) {
  BatchAnswers answers(kSequence, kSequence);
  for (const net::Bytes& datagram : datagrams) {
    const bool more = answers.take(datagram);
    require(!more || !answers.outcome().complete, "what is complete is at its end");
    if (!more) break;
  }
  for (const auto& [sequence, error] : answers.outcome().failed) {
    require(error > 0 && error <= 4095, "an errno");
    require(sequence != kSequence || !errno_error("x", error).message.empty(), "that has a name");
  }
}

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  fuzz::Input in(data, size);
  const int what = in.byte();
  std::vector<net::Bytes> datagrams;
  while (!in.empty()) {
    const std::size_t length = in.word();
    datagrams.push_back(in.bytes(length));
  }
  RequestAnswers answers(kSequence, true);
  NaiveAnswers naive;
  ipvs::Table table;
  ipvs::Destinations destinations;
  std::optional<Result<>> verdict;
  std::size_t replies = 0;
  for (const net::Bytes& datagram : datagrams) {
    if (verdict) break;
    naive.take(datagram);
    verdict = answers.take(datagram, [&](const Reply& reply) {
      const net::Bytes payload(reply.payload.begin(), reply.payload.end());
      require(replies < naive.replies.size() && payload == naive.replies[replies], "a reply as it came");
      ++replies;
      if (what == 1 || what == 2)
        check_destination(payload, what == 1 ? 2 : 10, destinations);
      else
        check_service(payload, table);
    });
  }
  require(replies == naive.replies.size() && end_of(verdict) == naive.end, "the verdict of a naive reader");
  if (!destinations.empty()) table[ipvs::Key{}].destinations = destinations;
  check_plan(table);
  check_batch(datagrams);
}

}  // namespace fairlead::kernel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) fairlead::kernel::run(data, size);
  return 0;
}
