#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace xrayclf {

/// Code points, first and last of each range.
using CodePoints = std::vector<std::pair<char32_t, char32_t>>;

/// Reads ranges as fontconfig prints them: "20-7e a0-17f 192", in hexadecimal, any number of lines.
CodePoints parse_code_points(std::string_view text);

/// `utf8` with "?" for each character beyond Latin (U+0250 on) that is in no range.
std::string with_characters_of(std::string_view utf8, const CodePoints& drawable);

/// The same for the fonts installed here, by fontconfig's fc-list; without it nothing beyond Latin
/// and punctuation is taken for drawable. gnuplot 5.4 draws a character that no font has as a box
/// larger than the figure.
std::string with_drawable_characters(std::string_view utf8);

}  // namespace xrayclf
