#include "inference/fused_engine.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string>

#include "xrayclf/core/error.hpp"
#include "xrayclf/kernels/compiled_network.hpp"

namespace xrayclf {
namespace {

using kernels::CompiledNetwork;

/// More would gain nothing: the weights are already read once for four images.
constexpr std::int64_t kMicroBatch = 4;

/// Results that a call wants; null for the others.
struct Outputs {
  float* map = nullptr;
  float* features = nullptr;
  float* logits = nullptr;
};

/// Many images: every thread computes some by itself, a few at a time. What is left of an even
/// division, and single images: all threads compute each together.
class FusedEngine : public Engine {
 public:
  FusedEngine(const kernels::NetworkPlan& plan, Precision precision, int threads, CpuLevel level)
      : network_(precision == Precision::bfloat16 ? kernels::compile<Bfloat16>(plan, level)
                                                  : kernels::compile<float>(plan, level)),
        units_(plan.unit_count()),
        classes_(plan.head.back().out),
        description_("fused (" + std::string(name_of(level)) + ", " +
                     std::string(name_of(precision)) + ", " + std::to_string(threads) +
                     (threads == 1 ? " thread)" : " threads)")),
        workers_(threads),
        barrier_(threads) {}

  std::string description() const override { return description_; }

  torch::Tensor map(const std::vector<cv::Mat>& images, std::int64_t units) override {
    check(images);
    const kernels::MapShape shape = network_->shape(units, images[0].rows, images[0].cols);
    torch::Tensor out = torch::empty({count(images), shape.channels, shape.height, shape.width});
    run(images, units, {out.data_ptr<float>(), nullptr, nullptr});
    return out;
  }

  torch::Tensor features(const std::vector<cv::Mat>& images) override {
    check(images);
    const std::int64_t channels = network_->shape(units_, images[0].rows, images[0].cols).channels;
    torch::Tensor out = torch::empty({count(images), channels});
    run(images, units_, {nullptr, out.data_ptr<float>(), nullptr});
    return out;
  }

  EngineOutputs outputs(const std::vector<cv::Mat>& images) override {
    check(images);
    const std::int64_t channels = network_->shape(units_, images[0].rows, images[0].cols).channels;
    EngineOutputs out{torch::empty({count(images), channels}),
                      torch::empty({count(images), classes_})};
    run(images, units_, {nullptr, out.features.data_ptr<float>(), out.logits.data_ptr<float>()});
    return out;
  }

 private:
  static std::int64_t count(const std::vector<cv::Mat>& images) {
    return static_cast<std::int64_t>(images.size());
  }

  static void check(const std::vector<cv::Mat>& images) {
    if (images.empty()) throw DataError("no image to feed the network with");
    for (const cv::Mat& image : images) {
      if (image.type() != CV_8UC1 || image.size() != images[0].size() || image.empty()) {
        throw DataError("images of a batch must be 8-bit grey and of one size");
      }
    }
  }

  /// Memory is kept from call to call for one size of images.
  void make_room(std::int64_t units, const cv::Size& size) {
    if (size == size_ && units == room_units_) return;
    alone_.clear();
    for (int i = 0; i < workers_.count(); ++i) {
      alone_.push_back(network_->workspace(units, kMicroBatch, size.height, size.width, 1));
    }
    together_ = network_->workspace(units, 1, size.height, size.width, workers_.count());
    size_ = size;
    room_units_ = units;
  }

  void run(const std::vector<cv::Mat>& images, std::int64_t units, const Outputs& outputs) {
    const std::lock_guard one_call(mutex_);
    make_room(units, images[0].size());
    whole_.clear();
    pixels_.clear();
    for (const cv::Mat& image : images) {
      whole_.push_back(image.isContinuous() ? image : image.clone());
      pixels_.push_back(whole_.back().data);
    }
    const kernels::MapShape shape = network_->shape(units, size_.height, size_.width);
    const auto part = [&](std::int64_t first, std::int64_t number) {
      const auto at = [&](float* data, std::int64_t size) {
        return data == nullptr ? nullptr : data + first * size;
      };
      return kernels::Batch{pixels_.data() + first,
                            number,
                            size_.height,
                            size_.width,
                            units,
                            at(outputs.map, shape.channels * shape.height * shape.width),
                            at(outputs.features, shape.channels),
                            at(outputs.logits, classes_)};
    };
    const std::int64_t threads = workers_.count();
    const std::int64_t even = count(images) / threads * threads;
    if (even > 0) {
      const std::int64_t each = even / threads;
      const std::int64_t rounds = (each + kMicroBatch - 1) / kMicroBatch;
      const std::int64_t batch = (each + rounds - 1) / rounds;
      std::atomic<std::int64_t> next{0};
      workers_.run([&](int rank) {
        kernels::TeamMember member;
        for (std::int64_t i = next.fetch_add(batch); i < even; i = next.fetch_add(batch)) {
          network_->run(part(i, std::min(batch, even - i)), *alone_[static_cast<std::size_t>(rank)],
                        member);
        }
      });
    }
    if (even == count(images)) return;
    workers_.run([&](int rank) {
      kernels::TeamMember member{rank, workers_.count(), &barrier_};
      for (std::int64_t i = even; i < count(images); ++i) {
        network_->run(part(i, 1), *together_, member);
      }
    });
  }

  std::unique_ptr<CompiledNetwork> network_;
  std::int64_t units_;
  std::int64_t classes_;
  std::string description_;
  std::mutex mutex_;
  kernels::Workers workers_;
  kernels::Barrier barrier_;
  std::vector<cv::Mat> whole_;  ///< of the last call, rows without gaps
  std::vector<const std::uint8_t*> pixels_;
  cv::Size size_;
  std::int64_t room_units_ = 0;
  std::vector<std::unique_ptr<kernels::Workspace>> alone_;
  std::unique_ptr<kernels::Workspace> together_;
};

}  // namespace

std::unique_ptr<Engine> make_fused_engine(const kernels::NetworkPlan& plan, Precision precision,
                                          int threads, CpuLevel level) {
  return std::make_unique<FusedEngine>(plan, precision, threads, level);
}

}  // namespace xrayclf
