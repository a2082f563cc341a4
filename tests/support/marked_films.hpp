#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "support/film_tree.hpp"

/// DICOM films full of markers that must not turn up in anything written.
namespace xrayclf::testing_support {

/// An element in explicit little endian, of a type with a short length.
inline std::string dicom_element(std::uint16_t group, std::uint16_t number, const char* vr,
                                 const std::string& value) {
  std::string out;
  const auto put = [&](std::uint16_t word) {
    out += static_cast<char>(word & 0xFF);
    out += static_cast<char>(word >> 8);
  };
  put(group);
  put(number);
  out += vr;
  put(static_cast<std::uint16_t>(value.size()));
  return out + value;
}

/// The marker of tag number `i`, which no file of the project holds otherwise.
inline std::string marker(int i) { return "ZQMARK" + std::to_string(100 + i) + "X"; }

/// A film whose attributes hold 20 markers; Patient ID is `patient` (even in length) and a marker.
/// `variant` 0 to 99 moves the window, so that films differ.
inline std::string marked_film(const std::string& source, const std::string& patient, int variant) {
  struct Tag {
    std::uint16_t group, number;
    const char* vr;
  };
  // In rising order, all before the tags that the film of the corpus has in the same groups.
  static constexpr Tag kBefore[] = {{0x0008, 0x0050, "SH"}};
  static constexpr Tag kAfterModality[] = {
      {0x0008, 0x0080, "LO"}, {0x0008, 0x0081, "ST"}, {0x0008, 0x0090, "PN"},
      {0x0008, 0x1010, "SH"}, {0x0008, 0x1030, "LO"}, {0x0008, 0x103E, "LO"},
      {0x0008, 0x1048, "PN"}, {0x0008, 0x1050, "PN"}, {0x0008, 0x1070, "PN"}};
  static constexpr Tag kPatient[] = {{0x0010, 0x1000, "LO"}, {0x0010, 0x1001, "PN"},
                                     {0x0010, 0x1005, "PN"}, {0x0010, 0x1040, "LO"},
                                     {0x0010, 0x2154, "SH"}, {0x0010, 0x4000, "LT"}};
  std::string film = read_text(std::filesystem::path(XRAYCLF_TEST_DATA) / "dicom" / source);
  int next = 0;
  const auto insert = [&](const std::string& at, const auto& tags, std::size_t skip) {
    std::string added;
    for (const Tag& tag : tags)
      added += dicom_element(tag.group, tag.number, tag.vr, marker(next++));
    const std::size_t position = film.find(at);
    ASSERT_NE(position, std::string::npos);
    film.insert(position + skip, added);
  };
  const std::string modality = dicom_element(0x0008, 0x0060, "CS", "DX");
  insert(modality, kBefore, 0);
  insert(modality, kAfterModality, modality.size());
  const std::string age = dicom_element(0x0010, 0x1010, "AS", "061Y");
  insert(age, kPatient, 0);
  const auto replace = [&](const std::string& old, const std::string& text) {
    const std::size_t position = film.find(old);
    ASSERT_NE(position, std::string::npos) << old;
    film.replace(position, old.size(), text);
  };
  replace(dicom_element(0x0010, 0x0010, "PN", "Phantom^Paula "),
          dicom_element(0x0010, 0x0010, "PN", marker(16)));
  replace(dicom_element(0x0010, 0x0020, "LO", "P-17"),
          dicom_element(0x0010, 0x0020, "LO", patient + marker(17)));
  replace(dicom_element(0x0018, 0x5101, "CS", "PA"),
          dicom_element(0x0018, 0x5101, "CS", marker(18)));
  replace("1500", std::to_string(1100 + 10 * variant));
  replace(age, dicom_element(0x0010, 0x1010, "AS", marker(19)));
  return film;
}

/// Films of 8 patients in two classes, two films each, in folders and files whose names are marked.
inline void write_marked_films(const std::filesystem::path& root) {
  const char* sources[] = {"explicit.dcm", "monochrome1.dcm",  "jpeg_2000.dcm", "sigmoid.dcm",
                           "rle.dcm",      "linear_exact.dcm", "jpeg_ls.dcm",   "inverse.dcm"};
  for (int patient = 0; patient < 8; ++patient) {
    const std::string label = patient % 2 == 0 ? "NORMAL" : "PNEUMONIA";
    for (int image = 0; image < 2; ++image) {
      const std::string film = marked_film(sources[(patient + image * 3) % 8],
                                           "I" + std::to_string(patient), 10 * patient + 3 * image);
      const std::string name = image == 0 ? "ZQMARKFILE" + std::to_string(patient) + ".dcm"
                                          : "ZQMARKFILE" + std::to_string(patient);
      write_text(root / label / ("ZQMARKFOLDER" + std::to_string(patient)) / name, film);
    }
  }
}

}  // namespace xrayclf::testing_support
