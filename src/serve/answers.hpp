#pragma once

#include <exception>
#include <string>

#include "xrayclf/serve/message.hpp"
#include "xrayclf/serve/pipeline.hpp"

/// From finished jobs to answers.
namespace xrayclf {

/// Of /predict. `failure` is what the model threw, if it did; so in all of these.
Response prediction_answer(const Job& job, const std::exception_ptr& failure,
                           const std::string& request_id);
/// Of /batch: "results" in the order of the files, a prediction or an error each.
Response batch_answer(const Job& job, const std::vector<std::string>& names,
                      const std::exception_ptr& failure, const std::string& request_id);
/// Of /gradcam: the picture, with what was explained in the headers.
Response map_answer(const Job& job, const std::exception_ptr& failure,
                    const std::string& request_id);
/// Of /film: the pixels row by row, bytes or little-endian words, their size in the headers.
Response film_answer(const Job& job, const std::exception_ptr& failure,
                     const std::string& request_id);

}  // namespace xrayclf
