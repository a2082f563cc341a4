#pragma once

#include <string>

#include "xrayclf/report/evidence.hpp"
#include "xrayclf/report/html.hpp"

namespace xrayclf {

/// "auroc_macro" as people read it: "AUROC macro".
std::string label_of(const std::string& key);

/// Whether this is a number with its interval as report.json has them.
bool is_figure(const Evidence::Json& value);
/// "0.934 (0.901 to 0.967)", with as many decimals as tell the ends apart; "undefined" without a
/// value.
std::string figure_text(const Evidence::Json& figure);
/// The same with the interval in small letters.
Html figure_cell(const Evidence::Json& figure);
/// How the interval was made, or why there is none; and the note.
std::string figure_remark(const Evidence::Json& figure);

/// Any JSON value as tables and lists: for parts of a report that no section knows by name.
Html json_view(const Evidence::Json& value);

}  // namespace xrayclf
