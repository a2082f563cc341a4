#!/usr/bin/env python3
"""Makes tests/data/dicom: small DICOM films, legal and broken, and what is expected of each.

The pixels are formulas. What is expected of legal files is computed by pydicom with its handlers, and not by
xrayclf: pixel_array, apply_modality_lut, apply_voi_lut, spread over 0...65535 by the range that Bits Stored,
rescale or table allow, inverted for MONOCHROME1 or Presentation LUT Shape INVERSE. expected.json holds the mean and
an 8 x 8 grid of samples; for refused files a part of the message. Needed to add a case, never to build:

    apt-get install dcmtk        # dcmcjpeg encodes JPEG
    pip install pydicom==3.0.2 'pylibjpeg[all]==2.1.0' pyjpegls==1.6.0 numpy
    scripts/make_dicom_corpus.py tests/data/dicom

With --measure FOLDER it prints the same numbers of other films instead (shared films have them in shared.json).
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import warnings
import zlib

import numpy
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.sequence import Sequence
from pydicom.uid import UID

warnings.simplefilter("ignore")
ROWS, COLUMNS = 32, 40
IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
DEFLATED, BIG = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
RLE, BASELINE, EXTENDED = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"
LOSSLESS, FIRST_ORDER = "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"
JPEG_LS, NEAR = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"
J2K, J2K_LOSSY = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"
DX, SC, SR, RTDOSE, SEG = ("1.2.840.10008.5.1.4.1.1." + tail for tail in ("1.1", "7", "88.11", "481.2", "66.4"))
LOSSY = {BASELINE, EXTENDED, NEAR, J2K_LOSSY}


def pattern(bits, signed=False):
    """A smooth picture over the whole range of `bits`, with a ripple."""
    y, x = numpy.mgrid[0:ROWS, 0:COLUMNS]
    wave = (numpy.sin(x / 6) + numpy.cos(y / 5) + 2) / 4 * 0.9 + 0.1 * ((x * 7 + y * 3) % 16) / 15
    values = numpy.round(wave * (2**bits - 1)).astype(numpy.int64)
    values[0, 0], values[-1, -1] = 0, 2**bits - 1
    return values - (2 ** (bits - 1) if signed else 0)


def film(bits=12, allocated=None, signed=False, syntax=EXPLICIT, pixels=None, **attributes):
    allocated = allocated or (8 if bits <= 8 else 16)
    values = pattern(bits, signed) if pixels is None else pixels
    d = Dataset()
    d.SOPClassUID, d.SOPInstanceUID = DX, "1.2.3.4"
    d.Modality, d.PatientID, d.PatientName = "DX", "P-17", "Phantom^Paula"
    d.PatientSex, d.PatientAge, d.ViewPosition = "F", "061Y", "PA"
    d.ImagerPixelSpacing = [0.15, 0.15]
    d.Rows, d.Columns, d.SamplesPerPixel = ROWS, COLUMNS, 1
    d.PhotometricInterpretation = "MONOCHROME2"
    d.BitsAllocated, d.BitsStored, d.HighBit = allocated, bits, bits - 1
    d.PixelRepresentation = int(signed)
    kind = {(8, False): "u1", (16, False): "u2", (8, True): "i1", (16, True): "i2"}[allocated, signed]
    order = ">" if syntax == BIG else "<"
    d.PixelData = values.astype(order + kind).tobytes()
    d["PixelData"].VR = "OW" if allocated == 16 else "OB"
    for name, value in attributes.items():
        if value is None:
            delattr(d, name)
        else:
            setattr(d, name, value)
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = UID(syntax)
    d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
    return d


def save(d, path, **options):
    d.save_as(path, enforce_file_format=True, **options)
    return path.read_bytes()


def raw(d, **options):
    with tempfile.TemporaryDirectory() as folder:
        return save(d, pathlib.Path(folder) / "film.dcm", **options)


def compressed(d, syntax, **options):
    d.compress(UID(syntax), generate_instance_uid=False, **options)
    return d


def by_dcmtk(d, *options):
    with tempfile.TemporaryDirectory() as folder:
        source, target = pathlib.Path(folder) / "a.dcm", pathlib.Path(folder) / "b.dcm"
        save(d, source)
        subprocess.run(["dcmcjpeg", "+ua", *options, source, target], check=True, capture_output=True)
        return pydicom.dcmread(target, defer_size=None)


def table(first, bits, entries, signed=False, words=True):
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if signed else "US", [len(entries) % 65536, first, bits])
    item.add_new("LUTData", "OW" if words else "US", numpy.array(entries, "<u2").tobytes() if words else list(entries))
    return Sequence([item])


def expected_of(path, shift=0):
    d = pydicom.dcmread(path)
    values = d.pixel_array
    if values.ndim == 3:
        luma = values[..., 0] * 0.299 + values[..., 1] * 0.587 + values[..., 2] * 0.114
        return d, numpy.round(luma) * 257
    values = values >> shift
    output = apply_voi_lut(apply_modality_lut(values, d), d).astype(float)
    bits, signed = d.BitsStored, d.PixelRepresentation == 1
    low, high = (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1) if signed else (0.0, 2.0**bits - 1)
    if "ModalityLUTSequence" in d:
        low, high = 0.0, 2.0 ** d.ModalityLUTSequence[0].LUTDescriptor[2] - 1
    elif "RescaleSlope" in d:
        low, high = (v * float(d.RescaleSlope) + float(d.RescaleIntercept) for v in (low, high))
        low, high = min(low, high), max(low, high)
    if d.get("VOILUTSequence"):
        low, high = 0.0, 2.0 ** d.VOILUTSequence[0].LUTDescriptor[2] - 1
    fraction = numpy.clip((output - low) / (high - low), 0, 1)
    if d.PhotometricInterpretation == "MONOCHROME1" or d.get("PresentationLUTShape") == "INVERSE":
        fraction = 1 - fraction
    return d, numpy.round(fraction * 65535)


def numbers(path, shift=0):
    d, grey = expected_of(path, shift)
    rows = numpy.linspace(0, grey.shape[0] - 1, 8).astype(int)
    columns = numpy.linspace(0, grey.shape[1] - 1, 8).astype(int)
    samples = [int(v) for v in grey[numpy.ix_(rows, columns)].ravel()]
    lossy = str(d.file_meta.TransferSyntaxUID) in LOSSY
    return {"width": grey.shape[1], "height": grey.shape[0], "mean": round(float(grey.mean()), 2),
            "lossy": lossy, "samples": samples}


def legal():
    ramp = [round(65535 * (i / 4095) ** 0.5) for i in range(4096)]
    low = {"WindowCenter": 1500, "WindowWidth": 2000}
    yield "implicit.dcm", film(syntax=IMPLICIT, **low)
    yield "explicit.dcm", film(**low)
    yield "big_endian.dcm", film(syntax=BIG, **low)
    yield "deflated.dcm", film(syntax=DEFLATED, **low)
    yield "rle.dcm", compressed(film(**low), RLE)
    yield "rle_8.dcm", compressed(film(8), RLE)
    yield "rle_signed.dcm", compressed(film(12, signed=True), RLE)
    yield "jpeg_baseline.dcm", by_dcmtk(film(8, WindowCenter=120, WindowWidth=200), "+eb", "+q", "95")
    yield "jpeg_extended.dcm", by_dcmtk(film(**low), "+ee", "+q", "95")
    yield "jpeg_lossless.dcm", by_dcmtk(film(**low), "+el", "+sv", "6")
    yield "jpeg_first_order.dcm", by_dcmtk(film(16, signed=False), "+e1")
    yield "jpeg_first_order_8.dcm", by_dcmtk(film(8), "+e1")
    yield "jpeg_ls.dcm", compressed(film(**low), JPEG_LS)
    yield "jpeg_ls_8.dcm", compressed(film(8), JPEG_LS)
    yield "jpeg_ls_near.dcm", compressed(film(**low), NEAR, jls_error=3)
    yield "jpeg_2000.dcm", compressed(film(**low), J2K)
    yield "jpeg_2000_lossy.dcm", compressed(film(**low), J2K_LOSSY, j2k_cr=[4])
    yield "jpeg_2000_signed.dcm", compressed(film(12, signed=True, **low), J2K)
    yield "jpeg_2000_16.dcm", compressed(film(16), J2K)
    split = compressed(film(**low), J2K)
    stream = next(generate_frames(split.PixelData, number_of_frames=1))
    split.PixelData = encapsulate([stream], fragments_per_frame=4, has_bot=False)
    yield "jpeg_2000_fragments.dcm", split
    mistaken = compressed(film(13, **low), J2K)  # an unsigned stream under signed attributes
    mistaken.PixelRepresentation = 1
    yield "jpeg_2000_sign_mistaken.dcm", mistaken
    yield "no_window.dcm", film(12)
    yield "ten_bits.dcm", film(10)
    yield "sixteen_bits.dcm", film(16)
    yield "eight_bits.dcm", film(8)
    yield "eight_bits_window.dcm", film(8, WindowCenter=100, WindowWidth=90)
    yield "eight_bits_odd.dcm", film(8, Rows=31, Columns=39, pixels=pattern(8)[:31, :39])
    yield "eight_bits_big_endian.dcm", film(8, syntax=BIG)
    yield "signed_16.dcm", film(16, signed=True)
    yield "signed_12.dcm", film(12, signed=True)
    yield "signed_12_not_extended.dcm", film(12, pixels=pattern(12, True) & 0xFFF, PixelRepresentation=1)
    yield "unused_bits_set.dcm", film(12, pixels=pattern(12) | 0xA000)
    yield "monochrome1.dcm", film(PhotometricInterpretation="MONOCHROME1", **low)
    yield "monochrome1_no_window.dcm", film(PhotometricInterpretation="MONOCHROME1")
    yield "monochrome1_8.dcm", film(8, PhotometricInterpretation="MONOCHROME1")
    yield "inverse.dcm", film(PresentationLUTShape="INVERSE", **low)
    yield "monochrome1_inverse.dcm", film(
        PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE", **low)
    yield "linear_exact.dcm", film(VOILUTFunction="LINEAR_EXACT", **low)
    yield "sigmoid.dcm", film(VOILUTFunction="SIGMOID", **low)
    yield "several_windows.dcm", film(WindowCenter=[1500, 600], WindowWidth=[2000, 100])
    yield "narrow_window.dcm", film(WindowCenter=1500, WindowWidth=1)
    yield "rescale.dcm", film(RescaleSlope=2.5, RescaleIntercept=-1024, RescaleType="US")
    yield "rescale_window.dcm", film(
        RescaleSlope=2.5, RescaleIntercept=-1024, RescaleType="US", WindowCenter=900, WindowWidth=3000)
    yield "voi_table.dcm", film(VOILUTSequence=table(0, 16, ramp))
    yield "voi_table_short.dcm", film(VOILUTSequence=table(1000, 12, range(2048)))
    yield "voi_table_us.dcm", film(VOILUTSequence=table(0, 12, range(4095, -1, -1), words=False))
    yield "voi_table_implicit.dcm", film(syntax=IMPLICIT, VOILUTSequence=table(0, 16, ramp))
    yield "voi_table_before_window.dcm", film(VOILUTSequence=table(0, 16, ramp), **low)
    yield "voi_table_monochrome1.dcm", film(
        PhotometricInterpretation="MONOCHROME1", VOILUTSequence=table(0, 16, ramp))
    yield "voi_table_signed.dcm", film(signed=True, VOILUTSequence=table(-2048, 16, ramp, signed=True))
    yield "modality_table.dcm", film(ModalityLUTSequence=table(0, 16, ramp))
    yield "modality_table_window.dcm", film(
        ModalityLUTSequence=table(0, 16, ramp), WindowCenter=30000, WindowWidth=20000)
    yield "modality_table_signed.dcm", film(signed=True, ModalityLUTSequence=table(-2048, 16, ramp, signed=True))
    colour = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "SOPClassUID": SC, "Modality": "OT"}
    grey = pattern(8)
    rgb = numpy.stack([grey, 255 - grey, grey // 2 + 40], axis=-1)
    yield "rgb.dcm", film(8, pixels=rgb, PlanarConfiguration=0, **colour)
    yield "rgb_planes.dcm", film(8, pixels=numpy.moveaxis(rgb, -1, 0), PlanarConfiguration=1, **colour)
    yield "rgb_rle.dcm", compressed(film(8, pixels=rgb, PlanarConfiguration=0, **colour), RLE)
    yield "rgb_jpeg_2000.dcm", compressed(film(8, pixels=rgb, PlanarConfiguration=0, **colour), J2K)
    yield "rgb_jpeg.dcm", by_dcmtk(film(8, pixels=rgb, PlanarConfiguration=0, **colour), "+eb", "+q", "98")
    padded = film(**low)
    padded.PixelData += b"\0" * 6
    yield "pixels_padded.dcm", padded
    tiff = film(**low)
    tiff.preamble = b"II*\0" + b"\0" * 124
    yield "preamble_tiff.dcm", tiff
    deep = Dataset()
    for _ in range(6):
        outer = Dataset()
        outer.ReferencedImageSequence = Sequence([deep])
        deep = outer
    yield "nested_six.dcm", film(ReferencedImageSequence=Sequence([deep]), **low)


def edited(d, old, new):
    content = raw(d) if isinstance(d, Dataset) else d
    assert old in content, old
    return content.replace(old, new, 1)


def us(group, element, value):
    return struct.pack("<HH2sHH", group, element, b"US", 2, value)


def sequences(depth, delimited=True):
    head = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    tail = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return head * depth + (tail * depth if delimited else b"")


def refused():
    plain = raw(film())
    for name, magic in [("mz", b"MZ"), ("elf", b"\x7fELF"), ("macho", b"\xfe\xed\xfa\xcf"), ("macho_little", b"\xcf\xfa\xed\xfe"),
                        ("macho_fat", b"\xca\xfe\xba\xbe"), ("script", b"#!/bin/sh\n")]:
        yield f"preamble_{name}.dcm", magic + plain[len(magic):], "also a program"
    yield "burned_in.dcm", raw(film(BurnedInAnnotation="YES")), "text burned into it"
    overlay = film()
    overlay.add_new(0x60000010, "US", ROWS)
    overlay.add_new(0x60000011, "US", COLUMNS)
    overlay.add_new(0x60003000, "OW", b"\1" * (ROWS * COLUMNS // 8))
    yield "overlay.dcm", raw(overlay), "overlays (group 60xx)"
    old = film(pixels=pattern(12) | 0x8000)
    old.add_new(0x60020100, "US", 16)
    old.add_new(0x60020102, "US", 15)
    yield "overlay_in_pixels.dcm", raw(old), "overlays (group 60xx)"
    yield "frames.dcm", raw(film(NumberOfFrames=2, pixels=numpy.stack([pattern(12)] * 2))), "multi-frame"
    yield "frames_no_number.dcm", edited(film(NumberOfFrames=11), b"11", b"1A"), "Number of Frames is no number"
    for name, uid in [("report", SR), ("dose", RTDOSE), ("segmentation", SEG)]:
        yield f"{name}.dcm", raw(film(SOPClassUID=uid)), "without a film"
    yield "no_pixels.dcm", raw(film(PixelData=None)), "without a film"
    yield "palette.dcm", raw(film(8, PhotometricInterpretation="PALETTE COLOR")), "colour palette"
    yield "unknown_photometric.dcm", raw(film(8, PhotometricInterpretation="HSV")), "photometric"
    thirty_two = film(BitsAllocated=32, BitsStored=32, HighBit=31)
    thirty_two.PixelData *= 2
    yield "bits_32.dcm", raw(thirty_two), "32 bits allocated"
    yield "bits_contradict.dcm", raw(film(BitsStored=17, HighBit=16)), "do not fit"
    yield "high_bit_too_low.dcm", raw(film(HighBit=5)), "do not fit"
    yield "no_rows.dcm", raw(film(Rows=None)), "no Rows"
    yield "zero_rows.dcm", edited(plain, us(0x28, 0x10, ROWS), us(0x28, 0x10, 0)), "fewer than the least"
    yield "bomb_rows.dcm", edited(plain, us(0x28, 0x10, ROWS), us(0x28, 0x10, 65535)), "more than the limit"
    yield "more_rows_than_pixels.dcm", edited(plain, us(0x28, 0x10, ROWS), us(0x28, 0x10, ROWS + 1)), "its pixels take"
    yield "two_samples.dcm", raw(film(SamplesPerPixel=2)), "Samples per Pixel"
    yield "window_zero.dcm", raw(film(WindowCenter=5, WindowWidth=0)), "Window Width"
    yield "window_text.dcm", edited(film(WindowCenter=1234, WindowWidth=77), b"1234", b"12x4"), "is no number"
    yield "window_function.dcm", raw(film(WindowCenter=5, WindowWidth=9, VOILUTFunction="CUBIC")), "VOI LUT Function"
    yield "slope_zero.dcm", raw(film(RescaleSlope=0, RescaleIntercept=1)), "Rescale"
    yield "table_short.dcm", edited(film(VOILUTSequence=table(0, 16, range(300))), struct.pack("<HHH", 300, 0, 16),
                                    struct.pack("<HHH", 301, 0, 16)), "shorter than it claims"
    yield "table_bits.dcm", raw(film(VOILUTSequence=table(0, 32, range(300)))), "8 to 16 bits"
    inner = table(0, 16, range(300))
    inner[0].ReferencedImageSequence = Sequence([Dataset()])
    yield "table_nested.dcm", raw(film(VOILUTSequence=inner)), "foreign elements"
    yield "syntax_unknown.dcm", edited(plain, EXPLICIT.encode() + b"\0", b"1.2.840.10008.1.9.1\0"[:20]), "transfer syntax"
    yield "syntax_absent.dcm", edited(plain, struct.pack("<HH", 2, 0x10), struct.pack("<HH", 2, 0x11)), "no transfer syntax"
    htj2k = compressed(film(), J2K)
    htj2k.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.201")
    yield "htj2k.dcm", raw(htj2k), "transfer syntax 1.2.840.10008.1.2.4.201"
    yield "no_mark.dcm", plain[132:], "without the file header"
    yield "no_mark_no_meta.dcm", plain[plain.index(struct.pack("<HH2s", 8, 0x16, b"UI")):], "without the file header"
    for percent in (10, 50, 90, 99):
        yield f"cut_{percent}.dcm", plain[:len(plain) * percent // 100], "damaged DICOM"
    at = plain.index(struct.pack("<HH2s", 8, 0x18, b"UI"))
    yield "nested_deep.dcm", plain[:at] + sequences(1500) + plain[at:], "nested deeper"
    yield "nested_unended.dcm", plain[:at] + sequences(5, False) + plain[at:], "damaged DICOM"
    yield "length_huge.dcm", plain[:at] + struct.pack("<HH2sHI", 8, 0x17, b"OB", 0, 0xFFFFFFF0) + plain[at:], "claims"
    yield "many_elements.dcm", plain[:at] + struct.pack("<HH2sH", 8, 0x17, b"LO", 0) * 20100 + plain[at:], "more than 20000"
    pixels = plain.index(struct.pack("<HH2s", 0x7FE0, 0x10, b"OW"))
    yield "out_of_order.dcm", plain[:pixels] + us(0x28, 0x10, ROWS) + plain[pixels:], "out of order"
    yield "identity_as_sequence.dcm", edited(plain, struct.pack("<HH2sH", 0x10, 0x20, b"LO", 4),
                                             struct.pack("<HH2sH", 0x10, 0x20, b"SQ", 0)), "damaged DICOM"
    start = plain.index(struct.pack("<HH2s", 8, 0x16, b"UI"))
    meta = raw(film(syntax=DEFLATED))
    meta = meta[:132 + 12 + struct.unpack("<I", meta[140:144])[0]]
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join([pack.compress(plain[start:at] + struct.pack("<HH2sHI", 8, 0x17, b"OB", 0, 100 << 20))] +
                    [pack.compress(b"\0" * (1 << 20)) for _ in range(100)] + [pack.flush()])
    yield "bomb_deflated.dcm", meta + bomb, "unfolds to more"
    yield "deflated_cut.dcm", raw(film(syntax=DEFLATED))[:-300], "cut off or corrupt"
    yield "pixels_not_compressed.dcm", edited(plain, EXPLICIT.encode() + b"\0", (RLE + "\0").encode()), "with it"
    yield "pixels_compressed.dcm", edited(compressed(film(), RLE), (RLE + "\0").encode(), EXPLICIT.encode() + b"\0"), "without compression"
    rle = compressed(film(), RLE)
    frame = next(generate_frames(rle.PixelData, number_of_frames=1))
    for name, data in [("cut", frame[:len(frame) // 2 & ~1]), ("segments", struct.pack("<I", 15) + frame[4:]),
                       ("offsets", frame[:8] + b"\xff" * 4 + frame[12:]), ("header", frame[:40])]:
        rle.PixelData = encapsulate([data])
        yield f"rle_{name}.dcm", raw(rle), "its RLE"
    jpeg = by_dcmtk(film(8), "+eb", "+q", "95")
    frame = next(generate_frames(jpeg.PixelData, number_of_frames=1))
    size = struct.pack(">HH", ROWS, COLUMNS)
    for name, data, reason in [
            ("cut", frame[:len(frame) * 2 // 3 & ~1], "cut off or corrupt"),
            ("size", frame.replace(size, struct.pack(">HH", 60000, 60000), 1), "60000 x 60000"),
            ("progressive", frame.replace(b"\xff\xc0", b"\xff\xc2", 1), "another kind"),
            ("no_frame", b"\xff\xd8\xff\xd9", "no image"), ("noise", bytes(range(256)), "no JPEG stream"),
            ("scans", frame[:-2] + frame[frame.index(b"\xff\xda"):-2] * 9 + b"\xff\xd9", "more than 4 scans")]:
        jpeg.PixelData = encapsulate([data])
        yield f"jpeg_{name}.dcm", raw(jpeg), reason
    ls = compressed(film(), JPEG_LS)
    frame = next(generate_frames(ls.PixelData, number_of_frames=1))
    ls.PixelData = encapsulate([frame[:len(frame) // 2 & ~1]])
    yield "jpeg_ls_cut.dcm", raw(ls), "cut off or corrupt"
    j2k = compressed(film(), J2K)
    frame = next(generate_frames(j2k.PixelData, number_of_frames=1))
    whole = struct.pack(">II", COLUMNS, ROWS)
    tiles = frame[:24] + struct.pack(">II", 1, 1) + frame[32:]
    for name, data, reason in [
            ("cut", frame[:len(frame) // 2 & ~1], "cut off or corrupt"),
            ("bomb", frame.replace(whole, struct.pack(">II", 60000, 60000)), "60000 x 60000"),
            ("tiles", frame[:8] + struct.pack(">II", 40, 32) + frame[16:24] + struct.pack(">II", 1, 1) + frame[32:], "lack a tile"),
            ("many_tiles", tiles[:8] + struct.pack(">II", 65000, 65000) + tiles[16:], "4096 JPEG 2000 tiles"),
            ("subsampled", frame[:43] + b"\2\2" + frame[45:], "subsampled"),
            ("noise", bytes(range(256)), "no codestream")]:
        j2k.PixelData = encapsulate([data])
        yield f"jpeg_2000_{name}.dcm", raw(j2k), reason
    content = raw(compressed(film(), RLE))
    yield "pixels_unended.dcm", content[:-8], "damaged DICOM"


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, d in legal():
        save(d, folder / name)
        files[name] = numbers(folder / name)
        files[name]["bits"] = 8 if d.BitsStored <= 8 and not {"WindowCenter", "VOILUTSequence"} & set(d.dir()) else 16
    shifted = film(12, pixels=pattern(12) << 4, HighBit=15, BitsStored=16, WindowCenter=1500, WindowWidth=2000)
    save(shifted, folder / "high_bit.dcm")  # pydicom takes no notice of High Bit: told the answer by hand
    plain = film(WindowCenter=1500, WindowWidth=2000)
    save(plain, folder / "scratch.dcm")
    files["high_bit.dcm"] = numbers(folder / "scratch.dcm") | {"bits": 16}
    (folder / "scratch.dcm").unlink()
    shifted.BitsStored = 12
    save(shifted, folder / "high_bit.dcm")
    for name, content, reason in refused():
        (folder / name).write_bytes(content)
        files[name] = {"refused": reason}
    made = {"by": f"scripts/make_dicom_corpus.py, pydicom {pydicom.__version__}", "files": files}
    (folder / "expected.json").write_text(json.dumps(made, indent=1).replace("\n    ", " ") + "\n")
    print(f"{len(files)} files, {sum(p.stat().st_size for p in folder.glob('*.dcm'))} bytes", file=sys.stderr)


def measure(folder):
    files = {}
    for path in sorted(folder.glob("*.dcm")):
        try:
            files[path.name] = numbers(path)
        except Exception as error:  # what pydicom cannot read has no numbers
            print(f"{path.name}: {type(error).__name__}", file=sys.stderr)
    made = {"by": f"scripts/make_dicom_corpus.py --measure, pydicom {pydicom.__version__}", "files": files}
    print(json.dumps(made, indent=1).replace("\n    ", " "))


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--measure":
        measure(pathlib.Path(sys.argv[2]))
    elif len(sys.argv) == 2 and not sys.argv[1].startswith("-"):
        make(pathlib.Path(sys.argv[1]))
    else:
        sys.exit(__doc__)
