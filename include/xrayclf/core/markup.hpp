#pragma once

#include <string>
#include <string_view>

namespace xrayclf {

/// `text` as character data or a quoted attribute value of HTML and XML: & < > " ' become entities.
/// U+FFFD stands for what is not UTF-8, for control characters other than tab and line feed, for
/// marks that turn the direction of text around, and for what XML forbids.
std::string escape_markup(std::string_view text);

}  // namespace xrayclf
