#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

#include <opencv2/core/mat.hpp>

#include "xrayclf/image/codec.hpp"

namespace xrayclf {

/// Pixels that came out of a file.
struct Film {
  cv::Mat grey;             ///< CV_8UC1 or CV_16UC1
  std::string description;  ///< "16-bit grey PNG", or what decode_image says of it
  ImageFormat format = ImageFormat::png;
};

/// Bytes to pixels. Throws DataError with the reason.
using DecodeFunction = std::function<Film(std::string_view bytes)>;

/// decode_image() as such a function.
Film decode_film(std::string_view bytes);

struct SandboxLimits {
  std::chrono::milliseconds time{10000};           ///< of one image, on the clock
  std::int64_t memory = std::int64_t{1536} << 20;  ///< bytes beyond what the process begins with
};

/// Makes decoding processes: a process of one thread, forked before there is anything to steal or
/// any thread to tear apart, that forks a child for whoever asks. Safe from any thread.
class DecoderNursery {
 public:
  /// Forks; call it before any thread is started. Throws ResourceError where this system cannot
  /// confine a process (no seccomp).
  explicit DecoderNursery(SandboxLimits limits = {}, DecodeFunction decode = decode_film);
  ~DecoderNursery();
  DecoderNursery(const DecoderNursery&) = delete;
  DecoderNursery& operator=(const DecoderNursery&) = delete;

  const SandboxLimits& limits() const { return limits_; }

 private:
  friend class SandboxedDecoder;
  struct Child {
    int process = -1;
    int socket = -1;
  };
  /// Throws ResourceError.
  Child spawn();
  void end(Child& child);

  SandboxLimits limits_;
  int process_ = -1;
  int control_ = -1;
  std::mutex mutex_;
};

/// One child that decodes one image after the other, with no rights but to compute: no files, no
/// network, no new processes, bounded memory and time. One thread at a time may use it.
class SandboxedDecoder {
 public:
  explicit SandboxedDecoder(std::shared_ptr<DecoderNursery> nursery);
  ~SandboxedDecoder();
  SandboxedDecoder(const SandboxedDecoder&) = delete;
  SandboxedDecoder& operator=(const SandboxedDecoder&) = delete;

  /// Throws DataError with the reason, and DecoderDied where the child crashed, broke a rule of the
  /// sandbox or ran out of time; the next image gets a new one.
  Film decode(std::string_view bytes);

 private:
  std::shared_ptr<DecoderNursery> nursery_;
  DecoderNursery::Child child_;
};

/// A file was too much for its decoder, and only for that.
struct DecoderDied : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace xrayclf
