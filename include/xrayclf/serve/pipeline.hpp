#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "xrayclf/serve/decoder.hpp"
#include "xrayclf/serve/http_server.hpp"
#include "xrayclf/serve/metrics.hpp"
#include "xrayclf/serve/served_model.hpp"

namespace xrayclf {

/// One image of a job.
struct JobImage {
  std::string bytes;           ///< gone once decoded
  Film film;                   ///< empty where there is an error
  std::string error;           ///< why it could not be decoded, or ""
  nlohmann::ordered_json row;  ///< what the model says
};

/// Work of one request: images to decode and, unless there is no model, to look at.
struct Job {
  std::vector<JobImage> images;
  ServedModel* model = nullptr;
  std::optional<MapQuery> map;  ///< of the first image, in place of a prediction
  MapAnswer map_answer;
  std::shared_ptr<Waiting> waiting;
  /// Called once, from a thread of the pipeline; `failure` is what the model threw, if it did.
  std::function<void(Job& job, const std::exception_ptr& failure)> done;
};

/// Decodes on some threads, each with a decoder of its own, and runs networks on others, the
/// streams. A stream takes what has come for its model, a few images at a time, and waits for no
/// more by default. The number of jobs inside is bounded.
class Pipeline {
 public:
  struct Settings {
    std::int64_t decoders = 2;
    std::int64_t streams = 1;
    std::int64_t queue = 16;  ///< jobs that wait, beside one a stream
    std::int64_t max_batch = 4;
    std::chrono::microseconds max_delay{0};
    std::function<void()> stream_starts = [] {};  ///< at the beginning of each stream's thread
  };
  using Decode = std::function<Film(std::string_view bytes)>;

  /// `make_decoder` is called once a decoding thread.
  Pipeline(Settings settings, const std::function<Decode()>& make_decoder, Metrics& metrics);
  /// Finishes what is inside.
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Takes the job, or says false where there is no room.
  bool submit(std::unique_ptr<Job> job);
  std::int64_t inside() const;

 private:
  using Jobs = std::deque<std::unique_ptr<Job>>;

  void decode_all(const Decode& decode);
  void decode_job(const Decode& decode, Job& job);
  void run_stream();
  std::vector<std::unique_ptr<Job>> take_batch(std::unique_lock<std::mutex>& lock);
  void predict(std::vector<std::unique_ptr<Job>>& batch);
  void finish(std::unique_ptr<Job> job, const std::exception_ptr& failure);

  Settings settings_;
  Metrics& metrics_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Jobs raw_;
  Jobs decoded_;
  std::int64_t inside_ = 0;
  std::int64_t decoding_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace xrayclf
