#include "xrayclf/training/training_state.hpp"

#include "xrayclf/core/error.hpp"

namespace xrayclf {

nlohmann::ordered_json TrainingState::to_json() const {
  nlohmann::ordered_json records = nlohmann::ordered_json::array();
  for (const EpochRecord& record : history) records.push_back(xrayclf::to_json(record));
  return {{"phase", phase},
          {"first_epoch", first_epoch},
          {"epoch", epoch},
          {"batches", batches},
          {"optimizer_steps", optimizer_steps},
          {"learning_rate", learning_rate},
          {"loss_scale", scaler.scale},
          {"good_steps", scaler.good_steps},
          {"skipped_steps", scaler.skipped_steps},
          {"loss_sum", loss_sum},
          {"phase_ended", phase_ended},
          {"best_epoch", best_epoch},
          {"kept_epoch", kept_epoch},
          {"callbacks", callbacks},
          {"history", records}};
}

TrainingState TrainingState::from_json(const nlohmann::json& json) try {
  TrainingState state;
  json.at("phase").get_to(state.phase);
  json.at("first_epoch").get_to(state.first_epoch);
  json.at("epoch").get_to(state.epoch);
  json.at("batches").get_to(state.batches);
  json.at("optimizer_steps").get_to(state.optimizer_steps);
  json.at("learning_rate").get_to(state.learning_rate);
  json.at("loss_scale").get_to(state.scaler.scale);
  json.at("good_steps").get_to(state.scaler.good_steps);
  json.at("skipped_steps").get_to(state.scaler.skipped_steps);
  json.at("loss_sum").get_to(state.loss_sum);
  json.at("phase_ended").get_to(state.phase_ended);
  json.at("best_epoch").get_to(state.best_epoch);
  json.at("kept_epoch").get_to(state.kept_epoch);
  state.callbacks = json.at("callbacks");
  for (const auto& record : json.at("history")) {
    state.history.push_back(epoch_record_from_json(record));
  }
  return state;
} catch (const nlohmann::json::exception& e) {
  throw ModelError(std::string("the training state is damaged: ") + e.what());
}

}  // namespace xrayclf
