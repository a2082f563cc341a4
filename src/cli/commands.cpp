#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "cli/manual.hpp"
#include "xrayclf/app/augment.hpp"
#include "xrayclf/app/compare.hpp"
#include "xrayclf/app/eval.hpp"
#include "xrayclf/app/gradcam.hpp"
#include "xrayclf/app/inspect.hpp"
#include "xrayclf/app/models.hpp"
#include "xrayclf/app/phantoms.hpp"
#include "xrayclf/app/predict.hpp"
#include "xrayclf/app/preprocess.hpp"
#include "xrayclf/app/report.hpp"
#include "xrayclf/app/serve.hpp"
#include "xrayclf/app/train.hpp"

namespace xrayclf {
namespace {

template <class Config, void (*run)(const Config&, std::ostream&)>
Command command(std::string name, std::string summary, std::vector<std::string> examples) {
  return {std::move(name), std::move(summary), std::move(examples), &describe<Config>,
          &bind<Config, run>};
}

}  // namespace

const std::vector<Command>& commands() {
  static const std::vector<Command> table{
      command<PrepareConfig, preprocess>(
          "preprocess", "Prepare, split and audit a data set",
          {"xrayclf preprocess --input films --output prepared",
           "xrayclf preprocess --input films.csv --output prepared --image_size 380",
           "xrayclf preprocess --input films.csv --output prepared --split.column fold "
           "--split.validation 2 --split.test 1"}),
      command<TrainConfig, train>(
          "train", "Train a classifier on a prepared data set",
          {"xrayclf train --data prepared --output runs/1",
           "xrayclf train --config configs/recommended_lite0.json --data prepared --folds "
           "--output runs/cv",
           "xrayclf train --resume runs/1"}),
      command<FinetuneConfig, finetune>(
          "finetune", "Train deeper parts of a network, from a trained checkpoint",
          {"xrayclf finetune --checkpoint runs/1 --data prepared --output runs/2",
           "xrayclf finetune --checkpoint runs/1 --open.part everything --data prepared --output "
           "runs/3"}),
      command<EvalConfig, eval>(
          "eval", "Evaluate a checkpoint, or anybody's predictions, with confidence intervals",
          {"xrayclf eval --checkpoint runs/1 --data prepared --output runs/1/test",
           "xrayclf eval --checkpoint runs/1 --data prepared --temperature fitted "
           "--store_temperature --output runs/1/test",
           "xrayclf eval --predictions predictions.csv --output report",
           "xrayclf eval --predictions test.csv --validation_predictions validation.csv "
           "--subgroups sex,age --prevalence '{\"COVID-19\": 0.05}' --output report"}),
      command<CompareConfig, compare>(
          "compare", "Compare models on the same images: figures, tests, agreement with readers",
          {"xrayclf compare runs/1 runs/2 --data prepared --output comparison",
           "xrayclf compare a.csv b.csv c.csv --names A,B,C --readers radiologist_1,radiologist_2 "
           "--correction benjamini_hochberg --output comparison"}),
      command<PageConfig, report>(
          "report", "Put an evaluation, its run and its data on one HTML page",
          {"xrayclf report --evaluation runs/1/test --output report.html",
           "xrayclf report --run runs/1 --evaluation runs/1/test --data prepared --statements "
           "statements.json --output report.html"}),
      command<PredictConfig, predict>(
          "predict", "Classify images with a trained checkpoint",
          {"xrayclf predict --checkpoint runs/1 image.png",
           "xrayclf predict --checkpoint runs/1 --format jsonl folder | jq .predicted",
           "find . -name '*.png' | xrayclf predict --checkpoint runs/1 -"}),
      command<GradcamConfig, gradcam>(
          "gradcam", "Show where a classifier looks, and measure whether that can be believed",
          {"xrayclf gradcam --checkpoint runs/1 --output maps film.png folder",
           "xrayclf gradcam --checkpoint runs/1 --input prepared --split test --quality --panel "
           "--output maps",
           "xrayclf gradcam --checkpoint runs/1 --method layercam --layer features.6 --target all "
           "--output maps films"}),
      command<ServeConfig, serve>(
          "serve", "Answer over HTTP, with a page for people, until stopped",
          {"xrayclf serve --checkpoint runs/1",
           "xrayclf serve --checkpoint runs/1 --checkpoint runs/2 --port 8080",
           "xrayclf serve --checkpoint runs/1 --host 0.0.0.0 --token_file token --allowed_hosts "
           "ward.example"}),
      command<HealthConfig, health>("health", "Ask a server on this machine whether it is alive",
                                    {"xrayclf health --port 8000", "xrayclf health --ready"}),
      command<ModelsConfig, models>(
          "models", "List the networks there are, what they cost, and their installed weights",
          {"xrayclf models", "xrayclf models --json | jq '.[] | {name, multiply_adds}'",
           "xrayclf models --architecture resnet50 --image_size 380"}),
      command<InspectConfig, inspect>(
          "inspect", "Say what image files are and how they would be read, or why not",
          {"xrayclf inspect film.dcm", "xrayclf inspect --json films/*.dcm | jq .reason"}),
      command<AugmentPreviewConfig, augment>(
          "augment", "Show what an augmentation does to an image",
          {"xrayclf augment --input film.png --output grid.png --augment.preset chest",
           "xrayclf augment --preview off --augment.preset chest"}),
      command<PhantomsConfig, phantoms>(
          "phantoms", "Write a data set of synthetic chest films, for demonstrations and tests",
          {"xrayclf phantoms --output demo",
           "xrayclf phantoms --patients 200 --classes Normal,Pneumonia --seed 2 --output demo"}),
      command<CompletionConfig, completion>(
          "completion", "Print what a shell needs to complete command lines",
          {"xrayclf completion bash >/etc/bash_completion.d/xrayclf",
           "xrayclf completion fish >~/.config/fish/completions/xrayclf.fish"}),
      command<ManualConfig, manual>("manual", "Write the manual pages",
                                    {"xrayclf manual man1 && man man1/xrayclf-train.1"}),
  };
  return table;
}

}  // namespace xrayclf
