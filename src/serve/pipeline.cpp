#include "xrayclf/serve/pipeline.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "xrayclf/core/error.hpp"
#include "xrayclf/image/codec.hpp"

namespace xrayclf {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

bool abandoned(const Job& job) { return job.waiting && job.waiting->over(); }

}  // namespace

Pipeline::Pipeline(Settings settings, const std::function<Decode()>& make_decoder, Metrics& metrics)
    : settings_(std::move(settings)), metrics_(metrics) {
  std::vector<Decode> decoders;
  for (std::int64_t i = 0; i < settings_.decoders; ++i) decoders.push_back(make_decoder());
  for (Decode& decode : decoders) {
    threads_.emplace_back([this, decode = std::move(decode)] { decode_all(decode); });
  }
  for (std::int64_t i = 0; i < settings_.streams; ++i) {
    threads_.emplace_back([this] {
      settings_.stream_starts();
      run_stream();
    });
  }
}

Pipeline::~Pipeline() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Pipeline::submit(std::unique_ptr<Job> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || inside_ >= settings_.queue + settings_.streams) return false;
    ++inside_;
    raw_.push_back(std::move(job));
  }
  changed_.notify_all();
  return true;
}

std::int64_t Pipeline::inside() const {
  const std::lock_guard lock(mutex_);
  return inside_;
}

void Pipeline::finish(std::unique_ptr<Job> job, const std::exception_ptr& failure) {
  if (!abandoned(*job)) job->done(*job, failure);
  job.reset();
  const std::lock_guard lock(mutex_);
  --inside_;
}

void Pipeline::decode_all(const Decode& decode) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !raw_.empty(); });
    if (raw_.empty()) return;
    std::unique_ptr<Job> job = std::move(raw_.front());
    raw_.pop_front();
    ++decoding_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      decode_job(decode, *job);
    } catch (...) {
      failure = std::current_exception();
    }
    const bool any_film = std::any_of(job->images.begin(), job->images.end(),
                                      [](const JobImage& image) { return image.error.empty(); });
    const bool through =
        failure != nullptr || abandoned(*job) || job->model == nullptr || !any_film;
    if (through) finish(std::move(job), failure);
    lock.lock();
    --decoding_;
    if (!through) decoded_.push_back(std::move(job));
    changed_.notify_all();
  }
}

void Pipeline::decode_job(const Decode& decode, Job& job) {
  std::int64_t pixels = 0;
  for (JobImage& image : job.images) {
    if (abandoned(job)) return;
    const auto start = Clock::now();
    const char* outcome = "decoded";
    try {
      image.film = decode(image.bytes);
      pixels += static_cast<std::int64_t>(image.film.grey.total());
      if (pixels > ImageLimits().pixels) {
        image.film.grey.release();
        image.error = "the images of this request have too many pixels together";
      }
    } catch (const DataError& error) {
      image.error = error.what();
      outcome = "refused";
    } catch (const DecoderDied& error) {
      image.error = error.what();
      outcome = "died";
    }
    std::string().swap(image.bytes);
    metrics_.count_decoding(outcome, seconds_since(start));
  }
}

std::vector<std::unique_ptr<Job>> Pipeline::take_batch(std::unique_lock<std::mutex>& lock) {
  const auto something = [&] {
    return !decoded_.empty() || (stopping_ && raw_.empty() && decoding_ == 0);
  };
  changed_.wait(lock, something);
  std::vector<std::unique_ptr<Job>> batch;
  if (decoded_.empty()) return batch;
  const auto room = static_cast<std::size_t>(settings_.max_batch);
  if (settings_.max_delay.count() > 0 && !decoded_.front()->map) {
    changed_.wait_for(lock, settings_.max_delay,
                      [&] { return stopping_ || decoded_.size() >= room; });
    if (decoded_.empty()) return take_batch(lock);  // another stream was faster
  }
  batch.push_back(std::move(decoded_.front()));
  decoded_.pop_front();
  if (batch.front()->map) return batch;
  std::size_t images = batch.front()->images.size();
  for (auto job = decoded_.begin(); job != decoded_.end() && images < room;) {
    const bool fits = !(*job)->map && (*job)->model == batch.front()->model &&
                      images + (*job)->images.size() <= room;
    if (fits) {
      images += (*job)->images.size();
      batch.push_back(std::move(*job));
      job = decoded_.erase(job);
    } else {
      ++job;
    }
  }
  return batch;
}

void Pipeline::predict(std::vector<std::unique_ptr<Job>>& batch) {
  std::vector<JobImage*> images;
  for (const auto& job : batch) {
    for (JobImage& image : job->images) {
      if (image.error.empty()) images.push_back(&image);
    }
  }
  const auto at_once = static_cast<std::size_t>(settings_.max_batch);
  ServedModel& model = *batch.front()->model;
  for (std::size_t first = 0; first < images.size(); first += at_once) {
    const std::size_t count = std::min(at_once, images.size() - first);
    std::vector<Film> films;
    for (std::size_t i = 0; i < count; ++i) films.push_back(images[first + i]->film);
    const auto start = Clock::now();
    auto rows = model.predict(films);
    metrics_.count_inference(model.name(), static_cast<std::int64_t>(count), seconds_since(start));
    for (std::size_t i = 0; i < count; ++i) images[first + i]->row = std::move(rows[i]);
  }
}

void Pipeline::run_stream() {
  while (true) {
    std::unique_lock lock(mutex_);
    auto batch = take_batch(lock);
    lock.unlock();
    if (batch.empty()) return;
    std::exception_ptr failure;
    std::erase_if(batch, [&](std::unique_ptr<Job>& job) {
      if (!abandoned(*job)) return false;
      finish(std::move(job), nullptr);
      return true;
    });
    if (batch.empty()) continue;
    try {
      Job& first = *batch.front();
      if (first.map) {
        first.map_answer = first.model->explain(first.images.front().film, *first.map);
      } else {
        predict(batch);
      }
    } catch (...) {
      failure = std::current_exception();
    }
    for (auto& job : batch) finish(std::move(job), failure);
  }
}

}  // namespace xrayclf
