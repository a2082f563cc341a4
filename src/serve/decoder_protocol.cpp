#include "decoder_protocol.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace xrayclf {
namespace {

/// Waits until the socket is ready; false when `deadline` has passed.
bool wait_for(int socket, short events, Deadline deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd entry{socket, events, 0};
    const int ready =
        ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

/// Calls `step(data, size)` until all is through. A blocking socket where there is no deadline: the
/// sandbox knows no poll.
template <class Step>
bool move_all(int socket, short events, std::size_t size, Deadline deadline, const Step& step) {
  const int flags = deadline == kNoDeadline ? 0 : MSG_DONTWAIT;
  for (std::size_t done = 0; done < size;) {
    const ssize_t moved = step(done, size - done, flags);
    if (moved > 0) {
      done += static_cast<std::size_t>(moved);
    } else if (moved == 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)) {
      return false;
    } else if (errno != EINTR && !wait_for(socket, events, deadline)) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool send_all(int socket, const void* data, std::size_t size, Deadline deadline) {
  const auto* bytes = static_cast<const char*>(data);
  return move_all(socket, POLLOUT, size, deadline, [&](std::size_t at, std::size_t n, int flags) {
    return ::send(socket, bytes + at, n, flags | MSG_NOSIGNAL);
  });
}

bool receive_all(int socket, void* data, std::size_t size, Deadline deadline) {
  auto* bytes = static_cast<char*>(data);
  return move_all(socket, POLLIN, size, deadline, [&](std::size_t at, std::size_t n, int flags) {
    return ::recv(socket, bytes + at, n, flags);
  });
}

bool send_order(int control, const NurseryOrder& order, int descriptor) {
  NurseryOrder copy = order;
  iovec data{&copy, sizeof copy};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  if (descriptor >= 0) {
    message.msg_control = space;
    message.msg_controllen = sizeof space;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  return ::sendmsg(control, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof copy);
}

bool receive_order(int control, NurseryOrder& order, int& descriptor) {
  iovec data{&order, sizeof order};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  ssize_t size = 0;
  do {
    size = ::recvmsg(control, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  descriptor = -1;
  if (const cmsghdr* header = CMSG_FIRSTHDR(&message)) {
    std::memcpy(&descriptor, CMSG_DATA(header), sizeof descriptor);
  }
  return size == static_cast<ssize_t>(sizeof order);
}

}  // namespace xrayclf
