#include "lib/apiserver/head_guard.h"

#include <openssl/ssl.h>

#include <set>
#include <utility>

namespace fairlead::apiserver {
namespace {

// Of the transport's thread.
struct Totals {
  std::uint64_t received = 0;
  std::uint64_t delivered = 0;
  std::set<HeadGuard*> guards;
};
Totals& totals() {
  static Totals all;
  return all;
}

// Called for each record's header, among others.
void on_tls_message(int sent, int, int type, const void* bytes, std::size_t size, SSL*, void*) {
  if (sent != 0 || type != SSL3_RT_HEADER || size < SSL3_RT_HEADER_LENGTH) return;
  const auto* header = static_cast<const unsigned char*>(bytes);
  HeadGuard::received(size + (std::size_t{header[3]} << 8U) + header[4]);
}

}  // namespace

void count_received(ssl_ctx_st* context) { SSL_CTX_set_msg_callback(context, on_tls_message); }

HeadGuard::HeadGuard(std::function<void()> on_flood)
    : on_flood_(std::move(on_flood)), received_(totals().received), delivered_(totals().delivered) {
  totals().guards.insert(this);
}

HeadGuard::~HeadGuard() { totals().guards.erase(this); }

bool HeadGuard::flooded() const {
  return totals().received - received_ > kMost + 2 * (totals().delivered - delivered_);
}

void HeadGuard::received(std::size_t count) {
  totals().received += count;
  for (auto* guard : totals().guards) {
    if (guard->on_flood_ && guard->flooded()) std::exchange(guard->on_flood_, nullptr)();
  }
}

void HeadGuard::delivered(std::size_t count) { totals().delivered += count; }

}  // namespace fairlead::apiserver
