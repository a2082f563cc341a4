#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace xrayclf {

/// Colours that people with any colour vision tell apart (Okabe and Ito 2008), those that print
/// darkest first and without yellow, which paper swallows.
struct Colour {
  std::uint8_t red, green, blue;
};

/// The colour of series `index`; after seven they repeat, told apart by dash_type().
Colour series_colour(std::size_t index);
/// gnuplot's dash type of series `index`: solid, then dashed, then dotted.
int dash_type(std::size_t index);
/// "'#0072B2'", as gnuplot takes it.
std::string gnuplot_colour(Colour colour);

/// A name fit for a figure: control characters and line breaks become spaces, bytes that are not
/// UTF-8 become U+FFFD, and what is longer than `width` columns is cut in the middle with "…" so
/// that beginnings and ends still tell names apart. East Asian wide characters count two columns.
std::string display_name(std::string_view name, std::size_t width);

/// Columns that a display_name() takes.
std::size_t display_columns(std::string_view name);

/// `text` as a single-quoted gnuplot string that nothing in it can leave: a quote in it becomes
/// U+2019.
std::string gnuplot_text(std::string_view text);
/// The same for tic labels, which gnuplot runs through its number format: "%" is doubled.
std::string gnuplot_tic(std::string_view text);

}  // namespace xrayclf
