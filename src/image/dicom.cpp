#include "xrayclf/image/dicom.hpp"

#include <algorithm>
#include <filesystem>

#include "decoders.hpp"
#include "dicom_parts.hpp"
#include "xrayclf/core/error.hpp"
#include "xrayclf/core/sha256.hpp"

namespace xrayclf {
namespace {

struct Film {
  DicomFile file;
  ImageInfo info;
};

/// Everything that can be known, and refused, before a pixel is decoded.
Film open_film(std::string_view bytes, const ImageLimits& limits) {
  Film film{open_dicom(bytes, limits), {}};
  ImageInfo& info = film.info;
  info.format = ImageFormat::dicom;
  const auto data = parse_elements(film.file, false);
  const auto dicom = std::make_shared<DicomInfo>(read_attributes(*data, film.file, info));
  info.dicom = dicom;
  info.description = std::to_string(dicom->bits_stored) + "-bit " + dicom->photometric +
                     " DICOM, " + dicom->transfer_syntax;
  require_size_within(info, limits);
  if (dicom->burned_in && !limits.dicom.allow_burned_in) {
    throw DataError(
        "a DICOM film with text burned into it (Burned In Annotation is YES), which may name the "
        "patient; --dicom.allow_burned_in reads it");
  }
  if (dicom->has_overlay && !limits.dicom.ignore_overlays) {
    throw DataError(
        "a DICOM film with overlays (group 60xx); --dicom.ignore_overlays reads it without them");
  }
  check_pixels(film.file, *dicom, info);
  return film;
}

std::string lower_extension(std::string_view name) {
  std::string extension = std::filesystem::path(name).extension().string();
  for (char& c : extension) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return extension;
}

}  // namespace

ImageInfo probe_dicom(std::string_view bytes, const ImageLimits& limits) {
  return open_film(bytes, limits).info;
}

DecodedImage decode_dicom(std::string_view bytes, const ImageLimits& limits) {
  const Film film = open_film(bytes, limits);
  DecodedImage image;
  image.info = film.info;
  image.grey = grey_values(stored_values(film.file, *film.info.dicom, film.info), *film.info.dicom);
  return image;
}

bool may_be_dicom(std::string_view file_name, std::string_view head) {
  if (head.size() >= 132 && head.substr(128, 4) == "DICM") return true;
  const std::string extension = lower_extension(file_name);
  return extension == ".dcm" || extension == ".dicom";
}

std::string dicom_public_name(std::string_view bytes) {
  return "dicom-" + sha256_hex(bytes).substr(0, 16);
}

}  // namespace xrayclf
