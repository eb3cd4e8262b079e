#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace fairlead::apiserver {

// The library below takes headers of any length into memory. So what comes over TLS is counted as a whole,
// and what of it arrives as bodies: an exchange that still waits for its head while 16 MiB more came in than
// went out has a peer that sends headers without end. Bodies count twice: chunks and records cost bytes, too.
// All on the transport's thread.

// Counts what connections of this context receive.
void count_received(ssl_ctx_st* context);

class HeadGuard {
 public:
  static constexpr std::uint64_t kMost = std::uint64_t{16} * 1024 * 1024;

  // `on_flood` is called once, from within a read: it must only post.
  explicit HeadGuard(std::function<void()> on_flood);
  ~HeadGuard();
  HeadGuard(const HeadGuard&) = delete;
  HeadGuard& operator=(const HeadGuard&) = delete;

  // Bytes have come in over TLS; bytes of a body have gone out to whoever waits for them.
  static void received(std::size_t count);
  static void delivered(std::size_t count);

 private:
  bool flooded() const;
  std::function<void()> on_flood_;
  std::uint64_t received_;  // in all, when this exchange began
  std::uint64_t delivered_;
};

}  // namespace fairlead::apiserver
