#include "xrayclf/serve/decoder.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <opencv2/core.hpp>

#include "decoder_protocol.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

std::pair<int, int> socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    throw ResourceError("cannot make a pair of sockets; are there too many open files?");
  }
  return {ends[0], ends[1]};
}

/// A child may be in the hands of whoever made the file: its answer is bounded as a file's header
/// is.
bool plausible(const DecodeAnswer& answer) {
  const ImageLimits limits;
  if (answer.text_size > 1000 || answer.good > 1) return false;
  if (answer.good == 0) return true;
  return (answer.depth == 1 || answer.depth == 2) && answer.rows > 0 && answer.columns > 0 &&
         answer.rows <= limits.side && answer.columns <= limits.side &&
         std::int64_t{answer.rows} * answer.columns <= limits.pixels;
}

}  // namespace

DecoderNursery::DecoderNursery(SandboxLimits limits, DecodeFunction decode) : limits_(limits) {
  const auto [ours, theirs] = socket_pair();
  process_ = ::fork();
  if (process_ == 0) {
    ::close(ours);
    run_nursery(theirs, limits, decode);
  }
  ::close(theirs);
  control_ = ours;
  if (process_ < 0) {
    ::close(control_);
    throw ResourceError("cannot fork a process for decoding");
  }
  // A first child shows whether this system can confine one.
  try {
    Child probe = spawn();
    const DecodeCommand nothing;
    DecodeAnswer answer;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const bool works = send_all(probe.socket, &nothing, sizeof nothing, deadline) &&
                       receive_all(probe.socket, &answer, sizeof answer, deadline);
    end(probe);
    if (!works) {
      throw ResourceError(
          "cannot confine the decoding of images: this system refuses seccomp or resource limits");
    }
  } catch (...) {
    ::close(control_);
    ::waitpid(process_, nullptr, 0);
    throw;
  }
}

DecoderNursery::~DecoderNursery() {
  ::close(control_);
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

DecoderNursery::Child DecoderNursery::spawn() {
  const auto [ours, theirs] = socket_pair();
  std::int32_t process = -1;
  {
    const std::lock_guard lock(mutex_);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    if (!send_order(control_, {NurseryOrder::spawn, 0}, theirs) ||
        !receive_all(control_, &process, sizeof process, deadline)) {
      process = -1;
    }
  }
  ::close(theirs);
  if (process <= 0) {
    ::close(ours);
    throw ResourceError("cannot start a process for decoding");
  }
  return {process, ours};
}

void DecoderNursery::end(Child& child) {
  if (child.process < 0) return;
  ::close(child.socket);
  const std::lock_guard lock(mutex_);
  std::int32_t status = 0;
  if (send_order(control_, {NurseryOrder::end, child.process}, -1)) {
    receive_all(control_, &status, sizeof status,
                std::chrono::steady_clock::now() + std::chrono::seconds(30));
  }
  child = {};
}

SandboxedDecoder::SandboxedDecoder(std::shared_ptr<DecoderNursery> nursery)
    : nursery_(std::move(nursery)), child_(nursery_->spawn()) {}

SandboxedDecoder::~SandboxedDecoder() { nursery_->end(child_); }

Film SandboxedDecoder::decode(std::string_view bytes) {
  if (child_.process < 0) child_ = nursery_->spawn();
  const auto deadline = std::chrono::steady_clock::now() + nursery_->limits().time;
  const auto died = [&]() -> DecoderDied {
    nursery_->end(child_);
    const bool late = std::chrono::steady_clock::now() >= deadline;
    return DecoderDied(
        late ? fmt::format("takes longer than {} s to decode",
                           static_cast<double>(nursery_->limits().time.count()) / 1000)
             : "its decoder failed on it");
  };
  const DecodeCommand command{bytes.size()};
  DecodeAnswer answer;
  const bool sent = send_all(child_.socket, &command, sizeof command, deadline) &&
                    send_all(child_.socket, bytes.data(), bytes.size(), deadline);
  if (!sent || !receive_all(child_.socket, &answer, sizeof answer, deadline) ||
      !plausible(answer)) {
    throw died();
  }
  std::string text(answer.text_size, '\0');
  if (!receive_all(child_.socket, text.data(), text.size(), deadline)) throw died();
  Film film{cv::Mat(), printable(text), static_cast<ImageFormat>(answer.format)};
  if (answer.good == 1) {
    film.grey.create(static_cast<int>(answer.rows), static_cast<int>(answer.columns),
                     answer.depth == 2 ? CV_16UC1 : CV_8UC1);
    if (!receive_all(child_.socket, film.grey.data, film.grey.total() * film.grey.elemSize(),
                     deadline)) {
      throw died();
    }
  }
  if (answer.last == 1) nursery_->end(child_);
  if (answer.good == 0) throw DataError(film.description);
  return film;
}

}  // namespace xrayclf
