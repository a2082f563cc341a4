#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace xrayclf {

/// The candidate with the smallest edit distance to `word`, or "" when none is near (distance
/// above a third of the longer word's length, at least 2). Among equals the first wins.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// " (did you mean 'x'?)" with the nearest candidate, or "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// `parts` with `separator` between them.
std::string join(const std::vector<std::string>& parts, std::string_view separator = ", ");

/// `text` cut at every `separator`; "" gives no parts.
std::vector<std::string> split_text(std::string_view text, char separator);

/// `text` fit for one line of a terminal or a log: control characters and bytes that are not
/// UTF-8 become \xNN.
std::string printable(std::string_view text);

/// Whether `text` is well-formed UTF-8.
bool is_utf8(std::string_view text);

/// "1 file", "2 files".
std::string counted(long long count, std::string_view noun);

}  // namespace xrayclf
