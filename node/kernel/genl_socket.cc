#include "node/kernel/genl_socket.h"

namespace fairlead::kernel {

Result<GenlSocket> GenlSocket::open(int protocol) {
  auto channel = open_netlink(protocol);
  if (!channel) return channel.error();
  return GenlSocket(*std::move(channel));
}

Result<> GenlSocket::transmit(std::span<const std::uint8_t> bytes) {
  channel_->drop_what_waits();
  return channel_->send(bytes);
}

Result<std::span<const std::uint8_t>> GenlSocket::receive() {
  while (true) {
    const auto datagram = channel_->receive();
    if (!datagram) return datagram.error();
    if (datagram->port == 0) return datagram->bytes;  // else of another process, not the kernel
  }
}

Result<BatchOutcome> GenlSocket::send(GenlBatch& batch) {
  batch.acknowledge_last();
  // Several messages of a batch may fail, the first one too: only the last one's answer ends it.
  return exchange(batch, sequence_, sequence_);
}

Result<BatchOutcome> GenlSocket::transact(const GenlBatch& batch, std::uint32_t first,
                                          std::uint32_t barrier) {
  sequence_ = barrier + 1;
  return exchange(batch, first, barrier);
}

Result<BatchOutcome> GenlSocket::exchange(const GenlBatch& batch, std::uint32_t fatal,
                                          std::uint32_t barrier) {
  if (auto sent = transmit(batch.bytes()); !sent) return sent.error();
  BatchAnswers answers(fatal, barrier);
  while (true) {
    const auto bytes = receive();
    // Incomplete without it: the caller reads the table again.
    if (!bytes || !answers.take(*bytes)) return answers.outcome();
  }
}

Result<> GenlSocket::ask(const GenlBatch& batch, std::uint32_t sequence, bool dump,
                         const std::function<void(const Reply&)>& on_reply) {
  if (auto sent = transmit(batch.bytes()); !sent) return sent;
  RequestAnswers answers(sequence, dump);
  while (true) {
    const auto bytes = receive();
    if (!bytes) return bytes.error();
    if (auto verdict = answers.take(*bytes, on_reply)) return *std::move(verdict);
  }
}

}  // namespace fairlead::kernel
