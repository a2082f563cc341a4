#pragma once

#include "xrayclf/core/fields.hpp"
#include "xrayclf/inference/feature_score.hpp"
#include "xrayclf/metrics/conformal.hpp"

namespace xrayclf {

/// What is chosen on validation so that a prediction can say how certain it is.
struct UncertaintyConfig {
  ConformalConfig sets;
  double max_risk = 0.05;
  OodScore ood = OodScore::mahalanobis;
  double ood_level = 0.95;

  template <class Field>
  static void fields(Field&& field) {
    using C = UncertaintyConfig;
    field("sets", &C::sets, "Prediction sets, fitted on validation");
    field("max_risk", &C::max_risk,
          "Share of errors among validation images that are answered; the confidence that keeps it "
          "is the least that predict --abstain answers at",
          in_range(0.0, 1.0));
    field("ood", &C::ood, "Score that tells images unlike those of validation");
    field("ood_level", &C::ood_level, "Share of validation images that the score is to let pass",
          in_range(0.5, 0.9999));
  }
};

}  // namespace xrayclf
