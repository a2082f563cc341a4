#include "app/run_figures.hpp"

#include "app/split_rows.hpp"
#include "xrayclf/report/figures.hpp"

namespace xrayclf {
namespace {

PhaseFigure phase_figure(const PhaseConfig& phase, std::size_t index) {
  return {"phase " + std::to_string(index + 1) + ": " + std::string(name_of(phase.open.part)),
          phase.augment};
}

std::vector<PhaseFigure> phase_figures(const TrainConfig& config) {
  if (config.phases.empty()) return {phase_figure(config, 0)};
  std::vector<PhaseFigure> out;
  for (std::size_t i = 0; i < config.phases.size(); ++i) {
    nlohmann::json settings = write_json<PhaseConfig>(config);
    settings.merge_patch(config.phases[i].patch);
    out.push_back(phase_figure(read_json<PhaseConfig>(settings), i));
  }
  return out;
}

}  // namespace

void write_run_figures(const TrainConfig& config, const PreparedSet& set,
                       const TrainingResult& result) {
  if (!config.figures) return;
  const std::size_t first = rows_of(set, config, "train").front();
  write_training_figures(result.run, phase_figures(config), result.best.epoch,
                         set.read(set.records[first]), config.seed);
}

}  // namespace xrayclf
