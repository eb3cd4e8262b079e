#include "node/kernel/sysctl.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "lib/base/text.h"
#include "lib/sys/unique_fd.h"
#include "node/kernel/kernel_error.h"

namespace fairlead::kernel {
namespace {

// '.' separates, '/' stands for a '.' inside an interface name, as in sysctl(8).
std::string path_of(const std::string& name) {
  std::string path = name;
  for (char& c : path) {
    if (c == '.')
      c = '/';
    else if (c == '/')
      c = '.';
  }
  return "/proc/sys/" + path;
}

const char* const kRedirects = "one-armed NAT sends replies out where they came in";

std::vector<Sysctl> fixed_sysctls() {
  return {
      {"net.ipv4.ip_forward", "1", "NAT forwards packets", false},
      {"net.ipv4.vs.conntrack", "1", "the source of forwarded packets is rewritten by connection tracking",
       false},
      {"net.ipv4.vs.expire_nodest_conn", "1", "clients of a deleted server end within 1 s", false},
      {"net.ipv4.vs.expire_quiescent_template", "1", "persistent clients leave a server of weight 0", true},
      {"net.ipv4.vs.conn_reuse_mode", "1", "a reused client port is scheduled afresh", true},
      {"net.ipv4.vs.schedule_icmp", "1", "ICMP errors and path MTU for the VIP", true},
      {"net.netfilter.nf_conntrack_tcp_be_liberal", "1", "connections survive the way back", false},
      {"net.netfilter.nf_conntrack_tcp_loose", "1", "a new Master picks connections up mid-stream", false},
      {kForwardIPv6, "1", "NAT over IPv6 forwards packets", true, NeededBy::kNatOverIPv6},
  };
}

}  // namespace

std::vector<Sysctl> wanted_sysctls() {
  std::vector<Sysctl> wanted = fixed_sysctls();
  std::vector<std::string> interfaces;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/sys/net/ipv4/conf", failed)) {
    interfaces.push_back(entry.path().filename().string());
  }
  std::sort(interfaces.begin(), interfaces.end());
  for (std::string interface : interfaces) {
    if (interface == "lo") continue;
    std::replace(interface.begin(), interface.end(), '.', '/');
    wanted.push_back({"net.ipv4.conf." + interface + ".send_redirects", "0", kRedirects, true});
  }
  return wanted;
}

Result<std::string> read_sysctl(const std::string& name) {
  const sys::UniqueFd fd(::open(path_of(name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return errno_error("read " + name, errno);
  char buffer[256];
  const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
  if (got < 0) return errno_error("read " + name, errno);
  return std::string(trim({buffer, static_cast<std::size_t>(got)}));
}

Result<> write_sysctl(const std::string& name, const std::string& value) {
  const sys::UniqueFd fd(::open(path_of(name).c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.valid()) return errno_error("set " + name, errno);
  const ssize_t put = ::write(fd.get(), value.data(), value.size());
  if (put != static_cast<ssize_t>(value.size())) return errno_error("set " + name, put < 0 ? errno : EIO);
  return Done{};
}

}  // namespace fairlead::kernel
