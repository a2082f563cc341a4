#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "xrayclf/evaluation/figure.hpp"
#include "xrayclf/evaluation/predictions.hpp"
#include "xrayclf/evaluation/report_config.hpp"

namespace xrayclf {

enum class RaterKind { truth, model, reader };

/// Somebody, or something, that gave images a class.
struct Rater {
  std::string name;
  RaterKind kind = RaterKind::reader;
  std::vector<std::int64_t> labels;  ///< a class index an image; -1 where it gave none
};

/// Two raters on the images that both rated.
struct RaterPair {
  std::string first, second;
  std::int64_t images = 0;
  Figure percent;  ///< share of equal ratings, not corrected for chance
  Figure kappa;    ///< Cohen 1960
};

/// Several raters on the images that all of them rated.
struct RaterGroup {
  std::string name;
  std::int64_t raters = 0;
  std::int64_t images = 0;
  Figure fleiss;    ///< Fleiss 1971
  Figure randolph;  ///< Randolph 2005, free-marginal
};

struct RaterAgreement {
  std::vector<RaterPair> pairs;
  std::vector<RaterGroup> groups;  ///< all models, all readers, and both together
};

/// The column of labels as a reader's ratings. Throws DataError for a label that is no class; empty
/// is no rating.
Rater reader_of(const std::string& name, const std::vector<std::string>& labels,
                const std::vector<std::string>& classes);

/// Agreement of all raters with each other. Intervals: Wilson's for shares; for Cohen's kappa the
/// large-sample one of Fleiss, Cohen & Everitt, or a bootstrap of patients where these have several
/// images; for groups the bootstrap. `images` says which images belong to a patient.
RaterAgreement rater_agreement(const std::vector<Rater>& raters, const Predictions& images,
                               const ReportConfig& config, std::int64_t workers = 0);

}  // namespace xrayclf
