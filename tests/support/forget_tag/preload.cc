// To be loaded before a program (LD_PRELOAD): its kernel then forgets IFA_PROTO, the tag on addresses, as
// Linux before 5.18 does, which takes the attribute and ignores it.
#include <dlfcn.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

constexpr unsigned short kUnknown = 0x3f00;  // no kernel knows it: ignored

void forget_tag(std::vector<std::uint8_t>& bytes) {
  for (std::size_t at = 0; at + sizeof(nlmsghdr) <= bytes.size();) {
    nlmsghdr header;
    std::memcpy(&header, &bytes[at], sizeof header);
    if (header.nlmsg_len < sizeof header || at + header.nlmsg_len > bytes.size()) return;
    const std::size_t end = at + header.nlmsg_len;
    for (std::size_t part = at + NLMSG_LENGTH(sizeof(ifaddrmsg));
         header.nlmsg_type == RTM_NEWADDR && part + sizeof(rtattr) <= end;) {
      rtattr attribute;
      std::memcpy(&attribute, &bytes[part], sizeof attribute);
      if (attribute.rta_len < sizeof attribute) return;
      if (attribute.rta_type == IFA_PROTO) {
        attribute.rta_type = kUnknown;
        std::memcpy(&bytes[part], &attribute, sizeof attribute);
      }
      part += RTA_ALIGN(attribute.rta_len);
    }
    at += NLMSG_ALIGN(header.nlmsg_len);
  }
}

}  // namespace

extern "C" ssize_t sendto(int fd, const void* data, size_t size, int flags, const sockaddr* to,
                          socklen_t length) {
  static const auto real = reinterpret_cast<decltype(&sendto)>(dlsym(RTLD_NEXT, "sendto"));
  if (to == nullptr || to->sa_family != AF_NETLINK) return real(fd, data, size, flags, to, length);
  const auto* first = static_cast<const std::uint8_t*>(data);
  std::vector<std::uint8_t> bytes(first, first + size);
  forget_tag(bytes);
  return real(fd, bytes.data(), bytes.size(), flags, to, length);
}
