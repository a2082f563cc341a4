#include "xrayclf/serve/pipeline.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "serve/fake_server.hpp"

namespace xrayclf {
namespace {

using testing_support::eventually;
using testing_support::FakeModel;

/// A gate that model or decoder wait at.
class Gate {
 public:
  void open() { promise_.set_value(); }
  void wait() const { future_.wait(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

Film small_film(std::string_view) { return {cv::Mat(8, 8, CV_8UC1, cv::Scalar(200)), ""}; }

class PipelineTest : public ::testing::Test {
 protected:
  std::unique_ptr<Pipeline> make(Pipeline::Settings settings,
                                 Pipeline::Decode decode = small_film) {
    return std::make_unique<Pipeline>(
        std::move(settings), [decode] { return decode; }, metrics_);
  }
  std::unique_ptr<Job> job(std::size_t images = 1) {
    auto made = std::make_unique<Job>();
    made->images.resize(images);
    made->model = &model_;
    made->done = [this](Job& done, const std::exception_ptr& failure) {
      failed_ += failure ? 1 : 0;
      for (const JobImage& image : done.images) rows_ += image.row.empty() ? 0 : 1;
      ++done_;
    };
    return made;
  }
  Metrics metrics_;
  FakeModel model_{"m"};
  std::atomic<int> done_{0};
  std::atomic<int> rows_{0};
  std::atomic<int> failed_{0};
};

TEST_F(PipelineTest, HoldsNoMoreThanItsQueueAndOneAStream) {
  Gate gate;
  model_.on_predict = [&] { gate.wait(); };
  auto pipeline = make({.queue = 3, .max_batch = 1});
  int taken = 0;
  for (int i = 0; i < 10; ++i) taken += pipeline->submit(job()) ? 1 : 0;
  EXPECT_EQ(taken, 4);
  EXPECT_EQ(pipeline->inside(), 4);
  gate.open();
  EXPECT_TRUE(eventually([&] { return pipeline->inside() == 0; }));
  EXPECT_TRUE(pipeline->submit(job()));
  pipeline.reset();
  EXPECT_EQ(done_, 5);
  EXPECT_EQ(rows_, 5);
}

TEST_F(PipelineTest, TakesWhatHasComeTogetherWithoutWaiting) {
  Gate gate;
  model_.on_predict = [&] { gate.wait(); };
  auto pipeline = make({.max_batch = 4});
  pipeline->submit(job());
  ASSERT_TRUE(
      eventually([&] { return metrics_.text().find("outcome=\"decoded\"") != std::string::npos; }));
  for (int i = 0; i < 8; ++i) pipeline->submit(job());
  // The first runs alone, since nothing else was there; the eight behind it in twos of four.
  ASSERT_TRUE(eventually([&] {
    return metrics_.text().find("decoding_seconds_count{outcome=\"decoded\"} 9") !=
           std::string::npos;
  }));
  gate.open();
  pipeline.reset();
  EXPECT_EQ(rows_, 9);
  EXPECT_LE(model_.batches, 4);
  EXPECT_GE(model_.batches, 3);
}

TEST_F(PipelineTest, WaitsForMoreWhereItIsToldTo) {
  auto pipeline = make({.max_batch = 2, .max_delay = std::chrono::seconds(20)});
  pipeline->submit(job());
  pipeline->submit(job());
  EXPECT_TRUE(eventually([&] { return done_ == 2; }));
  EXPECT_EQ(model_.batches, 1);
}

TEST_F(PipelineTest, WorkThatNobodyWaitsForIsDropped) {
  Gate gate;
  model_.on_predict = [&] { gate.wait(); };
  auto pipeline = make({.max_batch = 1});
  pipeline->submit(job());
  auto lost = job();
  const auto waiting = std::make_shared<Waiting>();
  lost->waiting = waiting;
  pipeline->submit(std::move(lost));
  waiting->end();
  gate.open();
  pipeline.reset();
  EXPECT_EQ(done_, 1);
  EXPECT_EQ(model_.batches, 1);
}

TEST_F(PipelineTest, ModelThatThrowsFailsItsJobsAlone) {
  std::atomic<bool> fail{true};
  model_.on_predict = [&] {
    if (fail) throw std::runtime_error("bad");
  };
  auto pipeline = make({});
  pipeline->submit(job());
  EXPECT_TRUE(eventually([&] { return failed_ == 1; }));
  fail = false;
  pipeline->submit(job());
  EXPECT_TRUE(eventually([&] { return rows_ == 1; }));
}

TEST_F(PipelineTest, ImagesOfOneJobAreBoundedTogether) {
  auto pipeline = make({}, [](std::string_view) {
    return Film{cv::Mat(8192, 4096, CV_8UC1, cv::Scalar(0)), ""};
  });
  pipeline->submit(job(4));
  pipeline.reset();
  EXPECT_EQ(rows_, 2);
  EXPECT_EQ(done_, 1);
}

}  // namespace
}  // namespace xrayclf
