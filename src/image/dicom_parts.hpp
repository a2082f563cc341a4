#pragma once

#include <memory>

#include <opencv2/core/mat.hpp>

#include "dicom_file.hpp"
#include "xrayclf/image/codec.hpp"
#include "xrayclf/image/dicom.hpp"

/// The steps from a DICOM file to grey values. All throw DataError.
class DcmDataset;

namespace xrayclf {

/// From now on the process leaves no core file, which would hold what films say of patients.
void leave_no_core();

/// Starts DCMTK once a process: its codecs, its dictionary, its log without an outlet.
void start_dcmtk();

/// Whether DCMTK's log, where alone its codecs tell of damage, had a warning on this thread since
/// the last call.
bool dcmtk_warned();

/// The wanted elements of `file`, with the pixel element after them if `with_pixels`.
std::shared_ptr<DcmDataset> parse_elements(const DicomFile& file, bool with_pixels);

/// What the attributes say; `size` receives width, height and channels. Refuses what is no image,
/// several frames, and attributes that are absent or contradict one another.
DicomInfo read_attributes(DcmDataset& data, const DicomFile& file, ImageInfo& size);

/// Refuses pixel data that do not fit the attributes, by their length or by the header of the
/// compressed stream.
void check_pixels(const DicomFile& file, const DicomInfo& dicom, const ImageInfo& size);

/// Stored values: CV_32SC1, or CV_8UC3 in the order R, G, B.
cv::Mat stored_values(const DicomFile& file, const DicomInfo& dicom, const ImageInfo& size);

/// Modality LUT or rescale, VOI LUT or window, inversion; CV_8UC1 where the film has 8 bits or
/// fewer and no table, rescaling or window changes them, otherwise CV_16UC1.
cv::Mat grey_values(const cv::Mat& stored, const DicomInfo& dicom);

}  // namespace xrayclf
