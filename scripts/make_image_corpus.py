#!/usr/bin/env python3
"""Makes tests/data/images: small image files, legal and broken, and what is expected of each.

Every rule of the image codec is broken once and every legal edge is used once. The pixels are formulas.
The grey values expected of legal files are those of OpenCV's imdecode(IMREAD_GRAYSCALE | IMREAD_ANYDEPTH),
whose SHA-256 (rows of bytes, 16 bit little endian) goes into expected.json; for refused files it holds a
part of the message. Needed to add a case, never to build:

    pip install opencv-python-headless==4.8.1.78 'numpy<2' pillow==12.0.0
    scripts/make_image_corpus.py tests/data/images
"""
import hashlib
import io
import json
import pathlib
import struct
import sys
import zlib

import cv2
import numpy
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, data=b""):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def sample(x, y, channel, depth):
    value = (x * x * 37 + y * y * 91 + x * y * 53 + (x * 1009 + y * 257) * (channel + 1)) % 65536
    return value >> (16 - depth)


def pack_row(samples, depth):
    if depth == 16:
        return b"".join(struct.pack(">H", s) for s in samples)
    bits = "".join(format(s, f"0{depth}b") for s in samples)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def filter_row(kind, row, above, step):
    out = bytearray([kind])
    for i, value in enumerate(row):
        left = row[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        guess = [0, left, above[i], (left + above[i]) // 2, paeth(left, above[i], corner)][kind]
        out.append((value - guess) % 256)
    return bytes(out)


def raw_image(width, height, depth, colour, interlaced, filters=False, largest=None, opaque=False):
    n = SAMPLES[colour]

    def pixel(x, y, c):
        value = sample(x, y, c, depth)
        return value if largest is None else value % (largest + 1)

    raw = b""
    for x0, y0, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        above = None
        for y in range(y0, height, dy):
            values = [pixel(x, y, c) for x in range(x0, width, dx) for c in range(n)]
            if not values:
                continue
            row = pack_row(values, depth)
            above = above or bytes(len(row))
            kind = y % 5 if filters else 0
            raw += filter_row(kind, row, above, max(1, n * depth // 8))
            above = row
    return raw


def ihdr(width, height, depth, colour, interlaced=0, compression=0, filtering=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, compression, filtering, interlaced))


def png(width=24, height=20, depth=8, colour=GREY, interlaced=False, before=b"", after=b"", idat=0, **raw):
    palette = b""
    if colour == PALETTE:
        entries = 1 << depth
        palette = chunk(b"PLTE", bytes((i * 77 + c * 59) % 256 for i in range(entries) for c in range(3)))
    packed = zlib.compress(raw_image(width, height, depth, colour, interlaced, **raw))
    size = idat or len(packed)
    data = b"".join(chunk(b"IDAT", packed[i:i + size]) for i in range(0, len(packed), size))
    early = b"" if colour == PALETTE and before[4:8] == b"tRNS" else before
    late = before if not early else b""
    return (SIGNATURE + ihdr(width, height, depth, colour, int(interlaced)) + early + palette + late + data + after
            + chunk(b"IEND"))


def exif(orientation, order=">"):
    head = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "I", 8)
    return head + struct.pack(order + "HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)


def picture(width, height, channels):
    y, x = numpy.mgrid[0:height, 0:width]
    planes = [128 + 90 * numpy.sin(x / (5 + c) + c) * numpy.cos(y / (7 + c)) + 20 * c for c in range(channels)]
    return numpy.stack(planes, -1).clip(0, 255).astype(numpy.uint8)


def jpeg(width=44, height=36, mode="RGB", **options):
    pixels = picture(width, height, {"L": 1, "RGB": 3, "CMYK": 4}[mode])
    image = Image.fromarray(pixels[..., 0] if mode == "L" else pixels, mode)
    out = io.BytesIO()
    image.save(out, "jpeg", quality=options.pop("quality", 85), **options)
    return out.getvalue()


def repeat_scans(scans):
    """Three components, each in scans of its own; that of the first is sent again and again."""
    grey = jpeg(16, 16, "L")
    frame, start = grey.index(b"\xff\xc0"), grey.index(b"\xff\xda")
    components = b"".join(bytes([i, 0x11, 0]) for i in (1, 2, 3))
    header = grey[:frame] + b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, 16, 16, 3) + components
    scan = lambda component: grey[start:start + 5] + bytes([component]) + grey[start + 6:-2]
    return header + grey[frame + 13:start] + scan(1) * scans + scan(2) + scan(3) + b"\xff\xd9"


def without_end(data):
    assert data.endswith(b"\xff\xd9")
    return data[:-2]


def flip(data, offset, bit=0):
    return data[:offset] + bytes([data[offset] ^ 1 << bit]) + data[offset + 1:]


def legal():
    yield "grey1.png", png(depth=1)
    yield "grey2.png", png(depth=2)
    yield "grey4.png", png(depth=4)
    yield "grey8.png", png()
    yield "grey16.png", png(depth=16)
    yield "grey12in16.png", png(depth=16, largest=4095)
    yield "grey16_sbit12.png", png(depth=16, before=chunk(b"sBIT", b"\x0c"))
    yield "grey_alpha8.png", png(colour=GREY_ALPHA)
    yield "grey_alpha16.png", png(colour=GREY_ALPHA, depth=16)
    yield "rgb8.png", png(colour=RGB)
    yield "rgb16.png", png(colour=RGB, depth=16)
    yield "rgba8.png", png(colour=RGBA)
    yield "rgba16.png", png(colour=RGBA, depth=16)
    for depth in (1, 2, 4, 8):
        yield f"palette{depth}.png", png(colour=PALETTE, depth=depth)
    yield "palette4_trns.png", png(colour=PALETTE, depth=4, before=chunk(b"tRNS", bytes(range(0, 160, 10))))
    yield "grey8_trns.png", png(before=chunk(b"tRNS", b"\0\x40"))
    yield "grey2_trns.png", png(depth=2, before=chunk(b"tRNS", b"\0\1"))
    yield "rgb8_trns.png", png(colour=RGB, before=chunk(b"tRNS", b"\0\1\0\2\0\3"))
    for colour, depth, name in ((GREY, 1, "grey1"), (GREY, 8, "grey8"), (GREY, 16, "grey16"), (RGB, 8, "rgb8"),
                                (RGBA, 16, "rgba16"), (PALETTE, 4, "palette4")):
        yield f"{name}_interlaced.png", png(colour=colour, depth=depth, interlaced=True)
    yield "grey8_interlaced_8x8.png", png(8, 8, interlaced=True)
    yield "grey8_interlaced_9x131.png", png(9, 131, interlaced=True)
    yield "grey8_filters.png", png(filters=True)
    yield "rgba16_filters.png", png(colour=RGBA, depth=16, filters=True)
    yield "grey8_many_idat.png", png(idat=1)
    yield "rgb8_gamma.png", png(colour=RGB, before=chunk(b"gAMA", struct.pack(">I", 45455)))
    yield "rgb8_srgb.png", png(colour=RGB, before=chunk(b"sRGB", b"\0"))
    yield "rgb16_gamma.png", png(colour=RGB, depth=16, before=chunk(b"gAMA", struct.pack(">I", 100000)))
    yield "grey8_gamma.png", png(before=chunk(b"gAMA", struct.pack(">I", 45455)))
    yield "palette8_gamma.png", png(colour=PALETTE, before=chunk(b"gAMA", struct.pack(">I", 55555)))
    yield "grey8_text.png", png(before=chunk(b"tEXt", b"Comment\0hello") + chunk(b"zTXt", b"a\0\0" + zlib.compress(b"b" * 999)),
                                after=chunk(b"iTXt", b"k\0\1\0en\0k\0" + zlib.compress(b"c" * 999)))
    yield "grey8_unknown_chunk.png", png(before=chunk(b"prVt", b"1234"), after=chunk(b"teSt", b""))
    yield "grey8_exif6.png", png(before=chunk(b"eXIf", exif(6)))
    yield "grey8_exif3_little.png", png(before=chunk(b"eXIf", exif(3, "<")))
    yield "grey8_trailing_bytes.png", png() + b"trailing bytes"
    yield "jpeg_named.png", jpeg(mode="L")
    yield "png_named.jpg", png()
    yield "thin_8x300.png", png(8, 300)

    yield "grey.jpg", jpeg(mode="L")
    yield "colour444.jpg", jpeg(subsampling=0)
    yield "colour422.jpg", jpeg(subsampling=1)
    yield "colour420.jpg", jpeg(subsampling=2)
    yield "rgb_stored.jpg", jpeg(keep_rgb=True)
    yield "progressive.jpg", jpeg(progressive=True)
    yield "progressive_grey.jpg", jpeg(mode="L", progressive=True)
    yield "restart_markers.jpg", jpeg(restart_marker_blocks=2)
    yield "quality1.jpg", jpeg(quality=1)
    yield "quality100_odd.jpg", jpeg(37, 9, quality=100)
    for orientation in range(1, 9):
        yield f"exif{orientation}.jpg", jpeg(exif=b"Exif\0\0" + exif(orientation, "<>"[orientation % 2]))
    yield "exif9_ignored.jpg", jpeg(exif=b"Exif\0\0" + exif(9))
    yield "exif_cut.jpg", jpeg(exif=b"Exif\0\0" + exif(6)[:15])
    yield "several_scans.jpg", repeat_scans(1)
    yield "repeated_scans.jpg", repeat_scans(90)
    yield "trailing_bytes.jpg", jpeg() + b"\0trailing bytes"


def cuts(name, extension, data):
    for percent in (10, 50, 90, 99):
        yield f"{name}_cut{percent}.{extension}", data[:len(data) * percent // 100], "truncated"


def broken():
    yield "empty.png", b"", "the file is empty"
    yield "header_only.png", SIGNATURE + ihdr(24, 20, 8, GREY), "truncated PNG"
    yield "signature_only.png", SIGNATURE, "truncated PNG"
    yield "header_only.jpg", jpeg()[:20], "truncated JPEG"
    yield "marker_only.jpg", b"\xff\xd8\xff", "truncated JPEG"
    yield from cuts("grey8", "png", png())
    yield from cuts("rgba16_interlaced", "png", png(colour=RGBA, depth=16, interlaced=True))
    yield from cuts("grey", "jpg", jpeg(mode="L"))
    yield from cuts("progressive", "jpg", jpeg(progressive=True))
    yield "no_end_marker.jpg", without_end(jpeg()), "truncated"
    good = png(before=chunk(b"tEXt", b"Comment\0hello"))
    yield "crc_header.png", flip(good, 8 + 8 + 14), "CRC"
    yield "crc_text.png", flip(good, good.index(b"Comment")), "CRC"
    yield "crc_data.png", flip(good, good.index(b"IDAT") + 20), "corrupt PNG"
    yield "crc_end.png", flip(good, len(good) - 1), "CRC"
    packed = zlib.compress(raw_image(24, 20, 8, GREY, False))
    frame = lambda data: SIGNATURE + ihdr(24, 20, 8, GREY) + chunk(b"IDAT", data) + chunk(b"IEND")
    yield "zlib_short.png", frame(zlib.compress(raw_image(24, 19, 8, GREY, False))), "corrupt PNG"
    yield "zlib_long.png", frame(zlib.compress(raw_image(24, 21, 8, GREY, False))), "corrupt PNG"
    yield "zlib_checksum.png", frame(flip(packed, len(packed) - 1)), "corrupt PNG"
    yield "zlib_header.png", frame(b"\xff" + packed[1:]), "corrupt PNG"
    yield "zlib_body.png", frame(packed[:2] + b"\xff" * 40), "corrupt PNG"
    yield "no_data.png", SIGNATURE + ihdr(24, 20, 8, GREY) + chunk(b"IEND"), "corrupt PNG"
    yield "bad_filter.png", frame(zlib.compress(b"\7" * 25 * 20)), "corrupt PNG"
    yield "no_palette.png", SIGNATURE + ihdr(24, 20, 8, PALETTE) + chunk(b"IDAT", packed) + chunk(b"IEND"), "corrupt PNG"
    yield "first_chunk_is_text.png", SIGNATURE + chunk(b"tEXt", b"abc\0defghijkl") + good[8:], "IHDR"
    yield "second_header.png", good[:33] + good[8:], "corrupt PNG"
    yield "critical_unknown.png", good[:33] + chunk(b"ABCD", b"x") + good[33:], "corrupt PNG"
    yield "bad_depth.png", SIGNATURE + ihdr(24, 20, 3, GREY) + good[33:], "3 bits"
    yield "bad_depth_rgb.png", SIGNATURE + ihdr(24, 20, 4, RGB) + good[33:], "4 bits"
    yield "bad_colour.png", SIGNATURE + ihdr(24, 20, 8, 5) + good[33:], "colour type 5"
    yield "bad_interlace.png", SIGNATURE + ihdr(24, 20, 8, GREY, 2) + good[33:], "interlace"
    yield "bad_compression.png", SIGNATURE + ihdr(24, 20, 8, GREY, 0, 1) + good[33:], "compression"
    yield "bad_filter_method.png", SIGNATURE + ihdr(24, 20, 8, GREY, 0, 0, 1) + good[33:], "filter"
    yield "zero_width.png", SIGNATURE + ihdr(0, 20, 8, GREY) + good[33:], "without pixels"
    yield "text_mode.png", good.replace(b"\r\n", b"\n"), "text mode"
    yield "animated.png", png(before=chunk(b"acTL", struct.pack(">II", 2, 0))), "APNG"
    yield "bomb_100000.png", SIGNATURE + ihdr(100000, 100000, 8, GREY) + good[33:], "16384 a side"
    yield "bomb_30000.png", SIGNATURE + ihdr(30000, 30000, 16, RGBA) + good[33:], "16384 a side"
    yield "bomb_16384.png", SIGNATURE + ihdr(16384, 16384, 8, GREY) + good[33:], "in all"
    yield "bomb_negative.png", SIGNATURE + ihdr(0xffffffff, 0xffffffff, 8, GREY) + good[33:], "16384 a side"
    yield "bomb_text.png", png(before=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(40 << 20), 9))), "unpack"
    yield "bomb_profile.png", png(before=chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(40 << 20), 9))), "unpack"
    yield "bomb_chunks.png", png(before=chunk(b"tEXt", b"a\0") * 1001), "ancillary chunks"
    yield "size_1x1.png", png(1, 1), "fewer than"
    yield "size_1x5000.png", png(1, 5000), "fewer than"
    yield "size_5000x1.png", png(5000, 1), "fewer than"
    yield "size_7x8.png", png(7, 8), "fewer than"

    colour = jpeg()
    frame = colour.index(b"\xff\xc0")
    resized = lambda w, h: colour[:frame + 5] + struct.pack(">HH", h, w) + colour[frame + 9:]
    yield "bomb_65500.jpg", resized(65500, 65500), "16384 a side"
    yield "bomb_16000.jpg", resized(16000, 16000), "in all"
    yield "taller_than_data.jpg", resized(44, 4000), "JPEG"
    yield "zero_height.jpg", resized(44, 0), "JPEG"
    progressive = jpeg(progressive=True)
    start = progressive.index(b"\xff\xc2")
    yield "bomb_memory.jpg", progressive[:start + 5] + struct.pack(">HH", 8192, 8192) + progressive[start + 9:], "JPEG"
    yield "cmyk.jpg", jpeg(mode="CMYK"), "CMYK"
    cmyk = jpeg(mode="CMYK")
    at = cmyk.index(b"Adobe") + 11
    yield "ycck.jpg", cmyk[:at] + b"\2" + cmyk[at + 1:], "YCCK"
    yield "thousands_of_scans.jpg", repeat_scans(3000), "scans"
    yield "lossless.jpg", colour[:frame + 1] + b"\xc3" + colour[frame + 2:], "unsupported"
    yield "twelve_bit.jpg", colour[:frame + 4] + b"\x0c" + colour[frame + 5:], "precision"
    yield "no_tables.jpg", colour[:2] + colour[frame:], "JPEG"
    scan = colour.index(b"\xff\xda")
    yield "stray_bytes.jpg", colour[:scan] + b"stray" + colour[scan:], "extraneous"
    yield "corrupt_data.jpg", colour[:scan + 30] + b"\xff\xc4" + colour[scan + 32:], "JPEG"

    yield "other.gif", b"GIF89a" + bytes(20), "a GIF file"
    yield "other.bmp", b"BM" + bytes(60), "a BMP file"
    yield "little.tif", b"II*\0" + bytes(20), "a TIFF file"
    yield "big.tif", b"MM\0*" + bytes(20), "a TIFF file"
    yield "other.webp", b"RIFF\x24\0\0\0WEBPVP8 " + bytes(20), "a WebP file"
    yield "other.heic", b"\0\0\0\x18ftypheic" + bytes(20), "a HEIC file"
    yield "other.avif", b"\0\0\0\x18ftypavif" + bytes(20), "an AVIF file"
    yield "other.jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(20), "a JPEG 2000 file"
    yield "other.jxl", b"\xff\x0a" + bytes(20), "JPEG XL"
    yield "other.dcm", bytes(128) + b"DICM" + bytes(20), "damaged DICOM: no transfer syntax"
    yield "other.pdf", b"%PDF-1.7\n", "a PDF file"
    yield "other.zip", b"PK\3\4" + bytes(30), "a ZIP archive"
    yield "other.svg", b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG file"
    yield "page.png", b"<!DOCTYPE html>\n<html><body>Not found</body></html>", "an HTML page"
    yield "note.jpg", "Ein Röntgenbild\n".encode(), "a text file"
    yield "other.pgm", b"P5\n2 2\n255\n\0\1\2\3", "a PNM file"
    yield "other.npy", b"\x93NUMPY\1\0" + bytes(20), "a NumPy array"
    yield "noise.png", bytes((i * 97 + 13) % 256 for i in range(256)), "neither a JPEG, nor a PNG, nor a DICOM image"


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    expected = {}
    for name, data in legal():
        grey = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH)
        assert grey is not None, name
        (folder / name).write_bytes(data)
        expected[name] = {"width": grey.shape[1], "height": grey.shape[0], "bits": 8 * grey.itemsize,
                          "sha256": hashlib.sha256(grey.tobytes()).hexdigest()}
    for name, data, reason in broken():
        assert name not in expected, name
        (folder / name).write_bytes(data)
        expected[name] = {"refused": reason}
    text = json.dumps({"opencv": cv2.__version__, "files": expected}, indent=1)
    (folder / "expected.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
