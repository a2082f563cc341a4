#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <string>

#include <opencv2/core.hpp>

#include "decoder_protocol.hpp"
#include "sandbox.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

/// A child ends itself after so much computing, long before the kernel would end it.
constexpr std::int64_t kCpuSeconds = 120;

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// What libraries set up at their first use, files that they read then included.
void warm_up() {
  try {
    const cv::Mat image(8, 8, CV_8UC1, cv::Scalar(1));
    decode_image(encode_png(image));
    decode_image(encode_jpeg(image, 90));
    load_dicom_reader();
  } catch (const std::exception&) {
    return;
  }
}

/// Pixels or a reason; whatever is thrown becomes one.
Film decode_or_reason(const DecodeFunction& decode, const std::string& bytes) {
  try {
    return decode(bytes);
  } catch (const DataError& error) {
    return {{}, error.what()};
  } catch (const std::exception&) {
    return {{}, "takes more memory to decode than is allowed"};
  }
}

bool answer(int socket, const Film& film) {
  DecodeAnswer head;
  head.good = film.grey.empty() ? 0 : 1;
  head.depth = film.grey.depth() == CV_16U ? 2 : 1;
  head.format = static_cast<std::uint32_t>(film.format);
  head.rows = static_cast<std::uint32_t>(film.grey.rows);
  head.columns = static_cast<std::uint32_t>(film.grey.cols);
  head.text_size = static_cast<std::uint32_t>(std::min<std::size_t>(film.description.size(), 1000));
  head.last = cpu_seconds() > static_cast<double>(kCpuSeconds) / 4 ? 1 : 0;
  bool sent = send_all(socket, &head, sizeof head, kNoDeadline) &&
              send_all(socket, film.description.data(), head.text_size, kNoDeadline);
  for (int y = 0; sent && y < film.grey.rows; ++y) {
    sent = send_all(socket, film.grey.ptr(y), std::size_t{head.columns} * head.depth, kNoDeadline);
  }
  return sent && head.last == 0;
}

/// Forks a child onto `socket`; its process, or -1.
int fork_decoder(int socket, const SandboxLimits& limits, const DecodeFunction& decode) {
  const int parent = ::getpid();
  const int child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  close_all_but(socket);
  run_decoder(socket, limits, decode);
}

}  // namespace

Film decode_film(std::string_view bytes) {
  DecodedImage image = decode_image(bytes);
  return {std::move(image.grey), std::move(image.info.description), image.info.format};
}

void run_decoder(int socket, const SandboxLimits& limits, const DecodeFunction& decode) {
  cv::setNumThreads(1);
  try {
    enter_sandbox(limits.memory, kCpuSeconds);
  } catch (const std::exception&) {
    ::_exit(2);
  }
  while (true) {
    DecodeCommand command;
    if (!receive_all(socket, &command, sizeof command, kNoDeadline)) ::_exit(0);
    Film film;
    try {
      std::string bytes(command.size, '\0');
      if (!receive_all(socket, bytes.data(), bytes.size(), kNoDeadline)) ::_exit(0);
      film = decode_or_reason(decode, bytes);
    } catch (const std::exception&) {
      ::_exit(3);
    }
    if (!answer(socket, film)) ::_exit(0);
  }
}

void run_nursery(int control, const SandboxLimits& limits, const DecodeFunction& decode) {
  // A terminal's Ctrl-C reaches all; this one ends when its control does.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
  close_all_but(control);
  warm_up();
  std::set<int> children;
  while (true) {
    NurseryOrder order;
    int socket = -1;
    if (!receive_order(control, order, socket)) break;
    std::int32_t result = -1;
    if (order.what == NurseryOrder::spawn && socket >= 0) {
      result = fork_decoder(socket, limits, decode);
      if (result > 0) children.insert(result);
    } else if (order.what == NurseryOrder::end && children.erase(order.process) > 0) {
      ::kill(order.process, SIGKILL);
      int status = 0;
      while (::waitpid(order.process, &status, 0) < 0 && errno == EINTR) {
      }
      result = status;
    }
    if (socket >= 0) ::close(socket);
    if (!send_all(control, &result, sizeof result, kNoDeadline)) break;
  }
  for (const int child : children) ::kill(child, SIGKILL);
  ::_exit(0);
}

}  // namespace xrayclf
