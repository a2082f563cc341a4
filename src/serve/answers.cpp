#include "answers.hpp"

#include <cstring>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "xrayclf/core/error.hpp"

namespace xrayclf {
namespace {

using nlohmann::ordered_json;

constexpr const char* kNotice = "Research use only; not a medical device.";

/// What a model threw, as a refusal; details of the machine only go to the log.
Refusal as_refusal(const std::exception_ptr& failure, const std::string& request_id) {
  try {
    std::rethrow_exception(failure);
  } catch (const ConfigError& error) {
    return {400, "bad_parameter", error.what()};
  } catch (const ResourceError& error) {
    spdlog::error("{}: {}", request_id, error.what());
    return {503,
            "busy",
            "the server is short of memory or processes; try again",
            {{"Retry-After", "5"}}};
  } catch (const std::exception& error) {
    spdlog::error("{}: {}", request_id, error.what());
    return {500, "internal", "the image was read but could not be classified"};
  }
}

ordered_json image_facts(const JobImage& image) {
  return {{"width", image.film.grey.cols},
          {"height", image.film.grey.rows},
          {"bits", image.film.grey.depth() == CV_16U ? 16 : 8},
          {"description", image.film.description}};
}

/// `predict`'s row under the names of the API: class and confidence come first, the rest as it is.
ordered_json prediction(const JobImage& image, const ServedModel& model) {
  const std::string predicted = image.row.at("predicted");
  ordered_json out = {{"class", predicted},
                      {"confidence", image.row.at("probabilities").at(predicted)}};
  for (const auto& item : image.row.items()) {
    if (item.key() != "predicted") out[item.key()] = item.value();
  }
  out["image"] = image_facts(image);
  out["model"] = model.name();
  const auto& description = model.description();
  const auto fingerprint = description.find("preprocessing_fingerprint");
  if (fingerprint != description.end()) out["preprocessing_fingerprint"] = *fingerprint;
  return out;
}

Refusal unreadable(const JobImage& image) {
  return {422, "unreadable_image", "the image cannot be read: " + image.error};
}

/// Runs `make` unless the model or the image failed.
template <class Make>
Response unless_failed(const Job& job, const std::exception_ptr& failure, const std::string& id,
                       const Make& make) {
  if (failure) return refusal_response(as_refusal(failure, id), id);
  const JobImage& image = job.images.front();
  if (!image.error.empty()) return refusal_response(unreadable(image), id);
  return make(image);
}

}  // namespace

Response prediction_answer(const Job& job, const std::exception_ptr& failure,
                           const std::string& request_id) {
  return unless_failed(job, failure, request_id, [&](const JobImage& image) {
    ordered_json out = prediction(image, *job.model);
    out["request_id"] = request_id;
    out["notice"] = kNotice;
    return json_response(out);
  });
}

Response batch_answer(const Job& job, const std::vector<std::string>& names,
                      const std::exception_ptr& failure, const std::string& request_id) {
  if (failure) return refusal_response(as_refusal(failure, request_id), request_id);
  ordered_json results = ordered_json::array();
  for (std::size_t i = 0; i < job.images.size(); ++i) {
    const JobImage& image = job.images[i];
    ordered_json one = {{"index", i}};
    if (!names[i].empty()) one["file"] = names[i];
    if (image.error.empty()) {
      one.update(prediction(image, *job.model));
    } else {
      const Refusal refusal = unreadable(image);
      one["code"] = refusal.code;
      one["message"] = refusal.what();
    }
    results.push_back(std::move(one));
  }
  return json_response({{"results", results}, {"request_id", request_id}, {"notice", kNotice}});
}

Response map_answer(const Job& job, const std::exception_ptr& failure,
                    const std::string& request_id) {
  return unless_failed(job, failure, request_id, [&](const JobImage&) {
    const MapAnswer& map = job.map_answer;
    Response response;
    response.content_type = map.content_type;
    response.body = map.bytes;
    response.headers = {{"X-Class", percent_encoded(map.target)},
                        {"X-Probability", fmt::format("{:.6g}", map.probability)},
                        {"X-Method", percent_encoded(map.method)},
                        {"X-Model", job.model->name()}};
    return response;
  });
}

Response film_answer(const Job& job, const std::exception_ptr& failure,
                     const std::string& request_id) {
  return unless_failed(job, failure, request_id, [](const JobImage& image) {
    const cv::Mat& grey = image.film.grey;
    Response response;
    response.content_type = "application/octet-stream";
    const std::size_t row = static_cast<std::size_t>(grey.cols) * grey.elemSize();
    response.body.resize(row * static_cast<std::size_t>(grey.rows));
    for (int y = 0; y < grey.rows; ++y) {
      std::memcpy(response.body.data() + row * static_cast<std::size_t>(y), grey.ptr(y), row);
    }
    response.headers = {{"X-Image-Width", std::to_string(grey.cols)},
                        {"X-Image-Height", std::to_string(grey.rows)},
                        {"X-Image-Bits", grey.depth() == CV_16U ? "16" : "8"},
                        {"X-Image-Description", percent_encoded(image.film.description)}};
    return response;
  });
}

}  // namespace xrayclf
