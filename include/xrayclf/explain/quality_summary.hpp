#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/explain/quality.hpp"
#include "xrayclf/explain/randomisation.hpp"
#include "xrayclf/figures/explanation_plot.hpp"

namespace xrayclf {

/// One figure of quality over all maps, and what it says.
struct QualityFinding {
  std::string name;        ///< "insertion"
  double mean = 0;         ///< NaN where nothing could be measured
  double spread = 0;       ///< standard deviation over the images
  std::int64_t count = 0;  ///< images
  double limit = 0;        ///< the value from which on the figure is bad
  bool larger_is_better = true;
  bool bad = false;
  std::string meaning;      ///< what the figure is
  std::string bad_meaning;  ///< what a bad value means
};

struct QualitySummary {
  std::vector<QualityFinding> findings;
  ExplanationFigures figures;
  std::int64_t maps = 0;
  std::int64_t lungs_found = 0;  ///< images whose lung field was seen rather than assumed
};

/// `cascade` may have no stages. A finding is bad where its mean does not pass its limit: that of
/// an order that knows nothing (insertion, deletion), 0 (ROAD), the share of the area (border,
/// outside the lungs), 0.7 (stability), 0.5 (similarity once all weights are randomised).
QualitySummary summarise_quality(const std::vector<MapQuality>& maps,
                                 const RandomisationCascade& cascade);

/// {"maps", "lungs_found", "findings": [{"name", "mean", "spread", "count", "limit", "better",
/// "verdict", "meaning", "bad_means"}], "curves": {...}}
nlohmann::ordered_json quality_json(const QualitySummary& summary);

/// A line a finding for people, with what it means where it is bad.
std::string quality_text(const QualitySummary& summary);

}  // namespace xrayclf
